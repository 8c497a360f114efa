---What Fimble does right now, for a statusline.

local client = require("fimble.client")
local enabled = require("fimble.enabled")

local M = {}

---@alias fimble.State "ready"|"indexing"|"loading"|"thinking"|"off"|"no model"|"stopped"

---@class fimble.Status
---@field state fimble.State
---@field percentage? integer of the indexing

---@class fimble.Doing What is known of one server.
---@field progress table<lsp.ProgressToken, { title: string, percentage?: integer }>
---@field requests table<integer, true> what the model was asked for and is not answered
---@field asked_at? integer when the oldest of them was sent, in milliseconds
---@field no_model boolean
---@field settings? table<string, any> the server's settings for suggestions, whichever file they come from
---@field languages table<string, string> the server's names of languages, by file type

---A shorter wait is not worth a flicker.
local THINKING_MS = 250

local doings = vim.defaulttable(function()
  return { progress = {}, requests = {}, no_model = false, languages = {} }
end) ---@type table<integer, fimble.Doing>

local function redraw()
  vim.api.nvim_exec_autocmds("User", { pattern = "FimbleStatus", modeline = false })
  vim.cmd.redrawstatus({ bang = true })
end

---@param bufnr integer
---@param doing fimble.Doing
---@return boolean
local function is_off(bufnr, doing)
  local settings, language = doing.settings, doing.languages[vim.bo[bufnr].filetype]
  return not enabled.get(bufnr)
    or settings ~= nil and (not settings.enabled or vim.list_contains(settings.disabled_languages, language))
end

---What Fimble does for a buffer.
---@param bufnr? integer the current one if nil
---@return fimble.Status
function M.get(bufnr)
  bufnr = bufnr or vim.api.nvim_get_current_buf()
  local server = client.get(bufnr)
  if not server then
    return { state = "stopped" }
  end
  local doing = doings[server.id]
  local _, progress = next(doing.progress)
  if doing.no_model then
    return { state = "no model" }
  elseif is_off(bufnr, doing) then
    return { state = "off" }
  elseif progress and progress.title:find("indexing", 1, true) then
    return { state = "indexing", percentage = progress.percentage or 0 }
  elseif progress and progress.title:find("loading", 1, true) then
    return { state = "loading" }
  elseif progress or (doing.asked_at and vim.uv.now() - doing.asked_at >= THINKING_MS) then
    return { state = "thinking" }
  end
  return { state = "ready" }
end

---The same as text; empty where no server runs.
---@return string
function M.text()
  local status = M.get()
  if status.state == "stopped" then
    return ""
  elseif status.state == "indexing" then
    return ("Fimble: indexing %d%%"):format(status.percentage)
  end
  return "Fimble: " .. status.state
end

---Ask a server whether it has a model, and what it is set to.
---@param server vim.lsp.Client
local function ask(server)
  server:request("workspace/executeCommand", { command = "fimble.status" }, function(_, result)
    if type(result) == "table" and type(result.model) == "table" then
      doings[server.id].no_model = result.model.error ~= nil
      doings[server.id].settings = vim.tbl_get(result, "settings", "completion")
      doings[server.id].languages = result.languages or {}
      redraw()
    end
  end)
end

---@param server vim.lsp.Client
---@param value table<string, any>
---@param token lsp.ProgressToken
local function on_progress(server, value, token)
  local progress = doings[server.id].progress
  if value.kind == "end" then
    progress[token] = nil
  else
    local title = value.title or (progress[token] or {}).title or ""
    progress[token] = { title = title, percentage = value.percentage or (progress[token] or {}).percentage }
  end
  redraw()
end

---@param doing fimble.Doing
---@param id integer
---@param is_pending boolean
local function on_request(doing, id, is_pending)
  doing.requests[id] = is_pending or nil
  if not next(doing.requests) then
    local was_told = doing.asked_at and vim.uv.now() - doing.asked_at >= THINKING_MS
    doing.asked_at = nil
    if was_told then
      vim.schedule(redraw)
    end
  elseif not doing.asked_at then
    doing.asked_at = vim.uv.now()
    vim.defer_fn(function()
      if doing.asked_at then
        redraw()
      end
    end, THINKING_MS)
  end
end

---Follow the server.
function M.setup()
  local group = vim.api.nvim_create_augroup("fimble.status", {})
  local function on(event, callback)
    vim.api.nvim_create_autocmd(event, {
      group = group,
      callback = function(arguments)
        local server = client.by_id(arguments.data.client_id)
        if server then
          callback(server, arguments.data)
        end
      end,
    })
  end
  on("LspAttach", ask)
  on("LspProgress", function(server, data)
    on_progress(server, data.params.value, data.params.token)
  end)
  on("LspRequest", function(server, data)
    local method = data.request.method
    if method == "textDocument/inlineCompletion" or vim.startswith(method, "fimble/") then
      on_request(doings[server.id], data.request_id, data.request.type == "pending")
    end
  end)
  on("LspDetach", function()
    vim.schedule(redraw)
  end)
  vim.api.nvim_create_autocmd("InsertEnter", {
    group = group,
    callback = function()
      local server = client.get()
      -- The user may have got one since.
      if server and doings[server.id].no_model then
        ask(server)
      end
    end,
  })
end

return M
