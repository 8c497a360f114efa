---The keys of a conversation's buffer, and what is done with the code in its answers.

local chat = require("fimble.chat")
local preview = require("fimble.preview")
local proposal = require("fimble.proposal")
local stream = require("fimble.stream")
local transcript = require("fimble.transcript")
local window = require("fimble.chat_window")

local M = {}

---Put code below the cursor of the window beside the conversation.
---@param talk fimble.Chat
---@param lines string[]
local function insert(talk, lines)
  window.go_to_code(talk)
  vim.api.nvim_put(lines, "l", true, true)
end

---Let the server find out where in the file beside the conversation code belongs, and propose that.
---@param talk fimble.Chat
---@param lines string[]
local function apply(talk, lines)
  local server = window.server(talk)
  if not server then
    return
  end
  window.go_to_code(talk)
  local parameters = vim.lsp.util.make_position_params(0, server.offset_encoding)
  ---@diagnostic disable-next-line: inject-field
  parameters.code = table.concat(lines, "\n") .. "\n"
  local cancel ---@type fun()
  local shown = preview.open("Apply", function()
    cancel()
  end)
  preview.show(shown, {}, "", { preview.closing(shown, "cancel") })
  cancel = stream.request(server, "fimble/applyCode", parameters, function() end, function(failure, result)
    proposal.show(shown, server, failure and { notice = failure } or result)
  end)
end

---Map the keys.
---@param talk fimble.Chat
function M.attach(talk)
  vim.bo[talk.bufnr].completefunc = "v:lua.require'fimble.chat'.complete"
  local function map(modes, key, name, action)
    vim.keymap.set(modes, key, action, { buffer = talk.bufnr, desc = "Fimble: " .. name })
  end
  local function map_block(key, name, action)
    map("n", key, name, function()
      local lines = transcript.block_at(talk.bufnr, vim.api.nvim_win_get_cursor(0)[1] - 1)
      if lines then
        action(talk, lines)
      else
        vim.notify("There is no block of code here.", vim.log.levels.WARN)
      end
    end)
  end
  map({ "n", "i" }, "<C-s>", "send the message", function()
    chat.send(talk)
  end)
  map("n", "<CR>", "open the file that is cited here, or send the message", function()
    if not chat.open_citation(talk) and transcript.is_message(talk.bufnr, vim.api.nvim_win_get_cursor(0)[1] - 1) then
      chat.send(talk)
    end
  end)
  map("n", "gf", "open the file that is cited here", function()
    if not chat.open_citation(talk) then
      vim.cmd("normal! gf")
    end
  end)
  map("n", "<C-c>", "end the answer", function()
    if talk.cancel then
      talk.cancel()
    end
  end)
  map("n", "gC", "choose what the model is not shown again", function()
    chat.choose_context(talk)
  end)
  map_block("gy", "copy the code", function(_, lines)
    vim.fn.setreg(vim.v.register, lines, "V")
  end)
  map_block("gp", "put the code below the cursor beside the conversation", insert)
  map_block("ga", "apply the code to the file beside the conversation", apply)
end

return M
