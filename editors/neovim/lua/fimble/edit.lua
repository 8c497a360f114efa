---`:Fimble edit`: a command on code, whose result is proposed.

local client = require("fimble.client")
local preview = require("fimble.preview")
local proposal = require("fimble.proposal")
local stream = require("fimble.stream")

local M = {}

---The command that does what its instruction says.
local FREE = "edit"
local COMPLETE_MS = 500

local namespace = vim.api.nvim_create_namespace("fimble.edit")

---@alias fimble.Lines { [1]: integer, [2]: integer } the first line and the one behind the last, 0-based; empty: a cursor

---@class fimble.EditCommand As the server describes it.
---@field name string
---@field title string
---@field needsInstruction boolean
---@field fromRepository boolean

---Keep hold of lines, which may move before they are asked about again.
---@param bufnr integer
---@param lines fimble.Lines
---@return fun(): fimble.Lines now where they are
---@return fun() release
local function hold(bufnr, lines)
  local mark = vim.api.nvim_buf_set_extmark(bufnr, namespace, lines[1], 0, { end_row = lines[2], end_col = 0 })
  return function()
    local row, _, details = unpack(vim.api.nvim_buf_get_extmark_by_id(bufnr, namespace, mark, { details = true }))
    return { row, details.end_row }
  end, function()
    if vim.api.nvim_buf_is_valid(bufnr) then
      vim.api.nvim_buf_del_extmark(bufnr, namespace, mark)
    end
  end
end

---What a command does, and whether that is not Fimble's own.
---@param command fimble.EditCommand
---@return string
local function title_of(command)
  return command.title .. (command.fromRepository and " (a command of this repository)" or "")
end

---Ask for a command, and propose what comes of it.
---@param server vim.lsp.Client
---@param bufnr integer
---@param lines fimble.Lines
---@param command { name: string, title: string }
---@param instruction? string
local function propose(server, bufnr, lines, command, instruction)
  local now, release = hold(bufnr, lines)
  local cancel ---@type fun()
  local window = preview.open(command.title, function()
    cancel()
    release()
  end)
  local function ask()
    -- It may have been started again since.
    server = client.get(bufnr) or server
    local first, behind = unpack(now())
    preview.show(window, {}, "", { preview.closing(window, "cancel") })
    cancel = stream.request(server, "fimble/edit", {
      textDocument = { uri = vim.uri_from_bufnr(bufnr) },
      range = { start = { line = first, character = 0 }, ["end"] = { line = behind, character = 0 } },
      command = command.name,
      instruction = instruction,
    }, function(text)
      preview.append(window, text)
    end, function(failure, result)
      proposal.show(window, server, failure and { notice = failure } or result, { retry = ask })
    end)
  end
  ask()
end

---@param server vim.lsp.Client
---@param bufnr integer
---@param lines fimble.Lines
---@param command fimble.EditCommand
---@param instruction string
local function instruct(server, bufnr, lines, command, instruction)
  local named = { name = command.name, title = title_of(command) }
  if instruction ~= "" or not command.needsInstruction then
    propose(server, bufnr, lines, named, instruction ~= "" and instruction or nil)
    return
  end
  vim.ui.input({ prompt = named.title .. ": " }, function(input)
    if (input or "") ~= "" then
      propose(server, bufnr, lines, named, input)
    end
  end)
end

---@param commands fimble.EditCommand[]
---@param name? string
---@return fimble.EditCommand?
local function find(commands, name)
  return vim.iter(commands):find(function(command)
    return command.name == name
  end)
end

---Run a command on lines of the current buffer. What begins with no command's name is an instruction; without any
---words the user chooses.
---@param lines fimble.Lines
---@param words string[]
function M.run(lines, words)
  local server, bufnr = client.get_or_tell(), vim.api.nvim_get_current_buf()
  if not server then
    return
  end
  local document = vim.lsp.util.make_text_document_params()
  client.ask(server, "fimble/commands", { textDocument = document }, function(commands)
    local named = find(commands, words[1])
    if named or #words > 0 then
      local instruction = table.concat(words, " ", named and 2 or 1)
      instruct(server, bufnr, lines, named or find(commands, FREE), instruction)
      return
    end
    vim.ui.select(commands, {
      prompt = "Fimble: what to do with the code?",
      format_item = title_of,
    }, function(chosen)
      if chosen then
        instruct(server, bufnr, lines, chosen, "")
      end
    end)
  end, bufnr)
end

---Run what a code action of the server stands for.
---@param action lsp.Command
---@param bufnr integer
function M.run_action(action, bufnr)
  local wish, server = action.arguments[1], client.get_or_tell()
  if server then
    local first, last = wish.range.start, wish.range["end"]
    local is_cursor = first.line == last.line and first.character == last.character
    local behind = (is_cursor or last.character == 0) and last.line or last.line + 1
    propose(server, bufnr, { first.line, behind }, { name = wish.command, title = action.title })
  end
end

---The names of the commands that there are.
---@return string[]
function M.names()
  local server = client.get()
  local document = vim.lsp.util.make_text_document_params()
  local answer = server and server:request_sync("fimble/commands", { textDocument = document }, COMPLETE_MS)
  return vim.tbl_map(function(command)
    return command.name
  end, answer and answer.result or {})
end

return M
