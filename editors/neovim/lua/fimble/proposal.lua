---What the server proposes, shown as a diff; nothing changes before the user accepts it.

local preview = require("fimble.preview")

local M = {}

---@class fimble.Proposal As the server sends it: an edit with its diff, or words, or a notice that says why there is none.
---@field edit? lsp.WorkspaceEdit
---@field diff? string
---@field problems? string[] what is wrong with the edit
---@field answer? string
---@field remarks? { line: integer, message: string }[] on lines, 0-based; the server shows them as diagnostics, too
---@field notice? string
---@field how? string where the code goes
---@field leftOut? string[] what of the code goes nowhere

---Whether a buffer has other text now than that which the edit was made for.
---@param edit lsp.WorkspaceEdit
---@return boolean
local function is_outdated(edit)
  return vim.iter(edit.documentChanges or {}):any(function(change)
    local document = change.textDocument
    return document
      and document.version
      and vim.lsp.util.buf_versions[vim.uri_to_bufnr(document.uri)] ~= document.version
  end)
end

---@param edit lsp.WorkspaceEdit
---@return string files that it touches, as the user knows them
local function files_of(edit)
  local names = {} ---@type table<string, true>
  local function add(uri)
    names[vim.fn.fnamemodify(vim.uri_to_fname(uri), ":~:.")] = true
  end
  vim.iter(vim.tbl_keys(edit.changes or {})):each(add)
  for _, change in ipairs(edit.documentChanges or {}) do
    add(change.textDocument and change.textDocument.uri or change.newUri or change.uri)
  end
  local sorted = vim.tbl_keys(names)
  table.sort(sorted)
  return table.concat(sorted, ", ")
end

---Put the edit into the buffers, one undo step in each.
---@param window fimble.Preview
---@param server vim.lsp.Client
---@param edit lsp.WorkspaceEdit
---@return boolean accepted false if the text is not that which the edit was made for
local function accept(window, server, edit)
  if is_outdated(edit) then
    vim.notify("Fimble: the text was changed meanwhile, so this does not fit any more.", vim.log.levels.WARN)
    return false
  end
  preview.close(window)
  vim.lsp.util.apply_workspace_edit(edit, server.offset_encoding)
  vim.api.nvim_echo({ { ("Fimble changed %s; undo takes it back."):format(files_of(edit)) } }, false, {})
  return true
end

---@param proposal fimble.Proposal
---@return string[]
local function lines_of(proposal)
  local parts = {} ---@type string[]
  local function add(format, text)
    if (text or "") ~= "" then
      table.insert(parts, format:format(text))
    end
  end
  for _, problem in ipairs(proposal.problems or {}) do
    add("Problem: %s", problem)
  end
  add("%s", proposal.notice)
  add("%s", proposal.how)
  for _, rest in ipairs(proposal.leftOut or {}) do
    add("Left out: %s", rest)
  end
  add("%s", proposal.answer)
  for _, remark in ipairs(proposal.remarks or {}) do
    add(("Line %d: %%s"):format(remark.line + 1), remark.message)
  end
  add("%s", proposal.diff)
  return vim.split(vim.trim(table.concat(parts, "\n\n")), "\n", { plain = true })
end

---@class fimble.ProposalActions
---@field retry? fun()
---@field on_accept? fun() called once the edit is made

---Show what the server answered.
---@param window fimble.Preview
---@param server vim.lsp.Client
---@param proposal fimble.Proposal
---@param actions? fimble.ProposalActions
function M.show(window, server, proposal, actions)
  actions = actions or {}
  local has_diff = (proposal.diff or "") ~= ""
  local edit = has_diff and proposal.edit or nil
  local choices = { preview.closing(window, edit and "reject" or "close") }
  if edit then
    table.insert(choices, 1, {
      keys = { "<CR>" },
      name = "accept",
      run = function()
        if accept(window, server, edit) and actions.on_accept then
          actions.on_accept()
        end
      end,
    })
  end
  if actions.retry then
    table.insert(choices, { keys = { "r" }, name = "retry", run = actions.retry })
  end
  preview.show(window, lines_of(proposal), has_diff and "diff" or "markdown", choices)
end

return M
