---Where a conversation is on the screen: its buffer, its window, and the window of code beside it.

local client = require("fimble.client")
local transcript = require("fimble.transcript")

local M = {}

local LEAST_WIDTH, SHARE = 60, 0.4

---@class fimble.Chat The conversation that a workspace has on the screen.
---@field bufnr integer
---@field root string the folder of the workspace; empty where there is none
---@field conversation string as the server calls it
---@field code integer the window beside it: there citations are opened and code is put
---@field selection? { textDocument: lsp.TextDocumentIdentifier, range: lsp.Range } what `@selection` means
---@field output? string of a command, which the next message is about
---@field context fimble.Excerpt[] what the model was shown last
---@field without fimble.Excerpt[] what it is not to be shown again
---@field cancel? fun() ends the answer that is being written, and lets the next message begin
---@field abandon? fun() ends it where nobody can see it any more

---@class fimble.Excerpt What the model is shown, as the server has it.
---@field path string
---@field uri? lsp.DocumentUri none for what is no file
---@field startLine integer 0-based
---@field endLine integer the line behind the last
---@field source string
---@field tokens integer

local chats = {} ---@type table<string, fimble.Chat> by the folder of the workspace

---A name for a new conversation.
---@return string
function M.new_name()
  return vim.fn.sha256(("%d %d"):format(vim.uv.hrtime(), vim.uv.os_getpid())):sub(1, 32)
end

---@return integer? window of the current tab page that shows code of a workspace; the current one if it does
local function find_code()
  local windows = vim.api.nvim_tabpage_list_wins(0)
  table.insert(windows, 1, vim.api.nvim_get_current_win())
  return vim.iter(windows):find(function(window)
    return client.get(vim.api.nvim_win_get_buf(window)) ~= nil
  end)
end

---End a conversation whose text has gone: `:bdelete` leaves an empty buffer of the same name.
---@param chat fimble.Chat
local function forget(chat)
  if chat.abandon then
    chat.abandon()
  end
  if chats[chat.root] == chat then
    chats[chat.root] = nil
  end
  if vim.api.nvim_buf_is_valid(chat.bufnr) then
    vim.api.nvim_buf_delete(chat.bufnr, { force = true })
  end
end

---Make the buffer of a workspace's conversation, if it is not there.
---@param root string
---@return fimble.Chat
local function make(root)
  local chat = chats[root]
  if not chat then
    chat = {
      bufnr = transcript.new("fimble://chat" .. root),
      root = root,
      conversation = M.new_name(),
      code = 0,
      context = {},
      without = {},
    }
    chats[root] = chat
    require("fimble.chat_keys").attach(chat)
    vim.api.nvim_create_autocmd("BufUnload", {
      buffer = chat.bufnr,
      once = true,
      callback = vim.schedule_wrap(function()
        forget(chat)
      end),
    })
  end
  return chat
end

---Go to the conversation of the workspace, in a window at the right.
---@return fimble.Chat? chat nil where no server runs; the user was told
function M.open()
  local current = vim.api.nvim_get_current_buf()
  for _, chat in pairs(chats) do
    if chat.bufnr == current then
      return chat
    end
  end
  local code = find_code()
  local server = code and client.get(vim.api.nvim_win_get_buf(code)) or client.get_or_tell()
  if not server then
    return nil
  end
  local chat = make(server.root_dir or "")
  chat.code = code
  local window = vim.fn.bufwinid(chat.bufnr)
  if window ~= -1 then
    vim.api.nvim_set_current_win(window)
    return chat
  end
  local width = math.max(LEAST_WIDTH, math.floor(vim.o.columns * SHARE))
  window = vim.api.nvim_open_win(chat.bufnr, true, { split = "right", win = -1, width = width })
  for option, value in pairs({ wrap = true, linebreak = true, number = false, relativenumber = false }) do
    vim.wo[window][0][option] = value
  end
  return chat
end

---Go to the window of code beside a conversation; it is made if it has gone.
---@param chat fimble.Chat
function M.go_to_code(chat)
  if not vim.api.nvim_win_is_valid(chat.code) or vim.api.nvim_win_get_buf(chat.code) == chat.bufnr then
    chat.code = vim.api.nvim_open_win(vim.api.nvim_create_buf(true, false), false, { split = "left" })
  end
  vim.api.nvim_set_current_win(chat.code)
end

---What the user looks at beside a conversation, as the server has it.
---@param chat fimble.Chat
---@return lsp.TextDocumentIdentifier?
function M.document(chat)
  local bufnr = vim.api.nvim_win_is_valid(chat.code) and vim.api.nvim_win_get_buf(chat.code)
  return bufnr and client.get(bufnr) and { uri = vim.uri_from_bufnr(bufnr) } or nil
end

---The server of a conversation, which may have been started again since.
---@param chat fimble.Chat
---@return vim.lsp.Client? server nil where none runs; the user was told
function M.server(chat)
  local server = vim.iter(vim.lsp.get_clients({ name = client.NAME })):find(function(one)
    return (one.root_dir or "") == chat.root
  end)
  if not server then
    vim.notify("Fimble does not run for this conversation's workspace; open a file of it.", vim.log.levels.WARN)
  end
  return server
end

---@param excerpt fimble.Excerpt
---@return string
function M.name_of(excerpt)
  return excerpt.uri and ("%s:%d-%d"):format(excerpt.path, excerpt.startLine + 1, excerpt.endLine) or excerpt.path
end

---Say in the bar above a conversation what the model is shown.
---@param chat fimble.Chat
---@param value { context: fimble.Excerpt[], usedTokens: integer, contextTokens: integer }
function M.show_context(chat, value)
  chat.context = value.context
  local parts = { (" %d of %d tokens"):format(value.usedTokens, value.contextTokens) }
  vim.list_extend(parts, vim.tbl_map(M.name_of, value.context))
  local bar = table.concat(parts, "  "):gsub("%%", "%%%%")
  for _, window in ipairs(vim.fn.win_findbuf(chat.bufnr)) do
    vim.wo[window][0].winbar = bar
  end
end

return M
