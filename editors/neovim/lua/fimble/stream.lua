---Requests that are answered in any case, also by the server's end; and such whose answer is written while the user
---looks on: partial results as the protocol has them, here of text.

local M = {}

local ENDED = "the server has ended"

---@class fimble.Stream A request that is not answered yet.
---@field server_id integer
---@field on_text? fun(text: string, value: table<string, any>) gets each piece, and all that was sent with it
---@field on_answer fun(failure?: string, result?: any) is called once, unless it was cancelled

local streams = {} ---@type table<string, fimble.Stream> by a token, which partial results have too
local last = 0

---@param token string
---@param failure? string
---@param result? any
local function finish(token, failure, result)
  local stream = streams[token]
  if stream then
    streams[token] = nil
    stream.on_answer(failure, result)
  end
end

---Pass on the pieces of an answer. Other progress goes where it goes without this plugin.
---@param failure? lsp.ResponseError
---@param parameters lsp.ProgressParams
---@param context lsp.HandlerContext
function M.on_progress(failure, parameters, context)
  local value = parameters.value
  if type(value) == "table" and value.kind == nil then
    local stream = streams[parameters.token]
    if stream and stream.on_text and type(value.text) == "string" then
      stream.on_text(value.text, value)
    end
    return
  end
  return vim.lsp.handlers["$/progress"](failure, parameters, context)
end

---@param stream fimble.Stream
---@return string token
local function remember(stream)
  last = last + 1
  local token = "fimble." .. last
  streams[token] = stream
  return token
end

---@param server vim.lsp.Client
---@param token string
---@param method string
---@param parameters table<string, any>
---@param bufnr? integer
---@return integer? id
local function send(server, token, method, parameters, bufnr)
  local sent, id = server:request(method, parameters, function(failure, result)
    finish(token, failure and failure.message, result)
  end, bufnr)
  if not sent then
    vim.schedule(function()
      finish(token, ENDED)
    end)
  end
  return id
end

---Send a request that is answered at once.
---@param server vim.lsp.Client
---@param method string
---@param parameters table<string, any>
---@param on_answer fun(failure?: string, result?: any)
---@param bufnr? integer that it is about; the current one if nil
function M.ask(server, method, parameters, on_answer, bufnr)
  send(server, remember({ server_id = server.id, on_answer = on_answer }), method, parameters, bufnr)
end

---Send a request whose answer comes in pieces. Returns what cancels it.
---@param server vim.lsp.Client
---@param method string
---@param parameters table<string, any>
---@param on_text fun(text: string, value: table<string, any>)
---@param on_answer fun(failure?: string, result?: any)
---@return fun() cancel
function M.request(server, method, parameters, on_text, on_answer)
  local token = remember({ server_id = server.id, on_text = on_text, on_answer = on_answer })
  parameters = vim.tbl_extend("force", parameters, { partialResultToken = token })
  local id = send(server, token, method, parameters)
  return function()
    if streams[token] and id then
      server:cancel_request(id)
    end
    streams[token] = nil
  end
end

---Tell those who wait that their server has ended.
---@param server_id integer
function M.on_exit(server_id)
  for token, stream in pairs(vim.tbl_extend("keep", {}, streams)) do
    if stream.server_id == server_id then
      finish(token, ENDED)
    end
  end
end

return M
