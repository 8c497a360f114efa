---`:Fimble chat`: conversations about the code, in a buffer beside it.

local client = require("fimble.client")
local mentions = require("fimble.mentions")
local stream = require("fimble.stream")
local transcript = require("fimble.transcript")
local window = require("fimble.chat_window")

local M = {}

---Send the message, and let the answer be written below it.
---@param chat fimble.Chat
function M.send(chat)
  local message = transcript.last(chat.bufnr)
  local server = not chat.cancel and message ~= "" and window.server(chat)
  if not server then
    return
  end
  vim.cmd.stopinsert()
  transcript.begin_answer(chat.bufnr)
  local parameters = vim.tbl_extend("error", chat.selection or { textDocument = window.document(chat) }, {
    conversation = chat.conversation,
    message = message,
    without = chat.without,
    mentions = chat.output and { { kind = "terminal", text = chat.output } } or {},
  })
  local cancel = stream.request(server, "fimble/chat", parameters, function(text, value)
    transcript.append(chat.bufnr, text)
    if value.context then
      window.show_context(chat, value)
    end
  end, function(failure, answer)
    chat.cancel = nil
    if failure then
      transcript.end_answer(chat.bufnr, ("(%s)"):format(failure), {})
      transcript.begin_message(chat.bufnr, message)
      return
    end
    chat.output = nil
    transcript.end_answer(chat.bufnr, answer.message, answer.citations)
    transcript.begin_message(chat.bufnr, "")
    window.show_context(chat, answer)
  end)
  chat.abandon = cancel
  chat.cancel = function()
    cancel()
    chat.cancel = nil
    transcript.end_answer(chat.bufnr, transcript.last(chat.bufnr) .. "\n\n(ended by you)", {})
    transcript.begin_message(chat.bufnr, "")
  end
end

---Open the file that is cited at the cursor.
---@param chat fimble.Chat
---@return boolean opened false if nothing is cited there
function M.open_citation(chat)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local citation = transcript.citation_at(chat.bufnr, row - 1, column)
  if not citation then
    return false
  end
  local start = { line = citation.startLine, character = 0 }
  window.go_to_code(chat)
  vim.lsp.util.show_document({ uri = citation.uri, range = { start = start, ["end"] = start } }, "utf-8")
  return true
end

---Let the user choose what of the context the model is not shown again.
---@param chat fimble.Chat
function M.choose_context(chat)
  vim.ui.select(chat.context, {
    prompt = "Leave out from now on:",
    format_item = function(excerpt)
      return ("%s (%s, %d tokens)"):format(window.name_of(excerpt), excerpt.source, excerpt.tokens)
    end,
  }, function(chosen)
    if chosen then
      table.insert(chat.without, { path = chosen.path, startLine = chosen.startLine, endLine = chosen.endLine })
    end
  end)
end

---Begin another conversation in the same buffer.
---@param chat fimble.Chat
---@param name? string of one that is kept; a new one if nil
local function reset(chat, name)
  if chat.cancel then
    chat.cancel()
  end
  chat.conversation, chat.context, chat.without, chat.selection = name or window.new_name(), {}, {}, nil
  transcript.clear(chat.bufnr)
end

---Complete what a message can point at, as 'completefunc' does.
---@param find_start 0|1
---@param base string
---@return integer|string[]
function M.complete(find_start, base)
  local chat = window.open()
  return mentions.complete(chat and chat.root or "", find_start, base)
end

---Go to the conversation, and write or send a message.
---@param words string[] the message; none to write it there
---@param lines fimble.Lines of the current buffer that it is about; empty for none
function M.chat(words, lines)
  local selection ---@type { textDocument: lsp.TextDocumentIdentifier, range: lsp.Range }?
  if lines[1] < lines[2] and client.get() then
    selection = {
      textDocument = vim.lsp.util.make_text_document_params(),
      range = { start = { line = lines[1], character = 0 }, ["end"] = { line = lines[2], character = 0 } },
    }
  end
  local chat = window.open()
  if not chat then
    return
  elseif chat.cancel then
    if #words > 0 then
      vim.notify("Fimble is still writing an answer: `<C-c>` ends it.", vim.log.levels.WARN)
    end
    return
  end
  chat.selection = selection or chat.selection
  local message = vim.trim((selection and "@selection " or "") .. table.concat(words, " "))
  if message ~= "" then
    transcript.set_last(chat.bufnr, message .. " ")
  end
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(chat.bufnr), 0 })
  if #words > 0 then
    M.send(chat)
  else
    vim.cmd("startinsert!")
  end
end

---Go to the conversation to write a message about what a command said.
---@param output string
function M.talk_about(output)
  M.chat({}, { 0, 0 })
  local chat = window.open()
  if chat then
    chat.output = output
  end
end

---Ask a question about the repository, in a new conversation.
---@param words string[]
function M.ask(words)
  if #words == 0 then
    vim.notify(":Fimble ask takes a question.", vim.log.levels.ERROR)
    return
  end
  local chat = window.open()
  if chat then
    reset(chat)
    transcript.set_last(chat.bufnr, "@repo " .. table.concat(words, " "))
    M.send(chat)
  end
end

---Ask about the conversations of the workspace that are kept.
---@param chat fimble.Chat
---@param method string
---@param parameters table<string, any>
---@param on_result fun(result: any)
local function look_up(chat, method, parameters, on_result)
  local server = window.server(chat)
  if server then
    parameters.textDocument = window.document(chat)
    client.ask(server, method, parameters, on_result)
  end
end

---Show a conversation that was kept, to go on with it.
---@param chat fimble.Chat
---@param id string
local function resume(chat, id)
  look_up(chat, "fimble/conversation", { conversation = id }, function(kept)
    if not vim.api.nvim_buf_is_valid(chat.bufnr) then
      return
    end
    reset(chat, id)
    for _, message in ipairs(kept.messages) do
      if message.role == "user" then
        transcript.set_last(chat.bufnr, message.content)
      else
        transcript.begin_answer(chat.bufnr)
        transcript.end_answer(chat.bufnr, message.content, message.citations)
        transcript.begin_message(chat.bufnr, "")
      end
    end
  end)
end

---Let the user choose a conversation: a new one, or one that was kept.
---@param to_delete boolean whether it is deleted, else shown
function M.conversations(to_delete)
  local chat = window.open()
  if not chat then
    return
  end
  look_up(chat, "fimble/conversations", {}, function(result)
    local choices = result.conversations
    if not to_delete then
      table.insert(choices, 1, { title = "A new conversation" })
    end
    vim.ui.select(choices, {
      prompt = to_delete and "Delete a conversation:" or "Conversations:",
      format_item = function(choice)
        return choice.title
      end,
    }, function(choice)
      if not choice then
        return
      elseif to_delete then
        look_up(chat, "fimble/conversation", { conversation = choice.id, delete = true }, function()
          vim.api.nvim_echo({ { ("Fimble deleted `%s`."):format(choice.title) } }, false, {})
        end)
      elseif choice.id then
        resume(chat, choice.id)
      else
        reset(chat)
      end
    end)
  end)
end

return M
