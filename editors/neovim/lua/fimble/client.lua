---The language server: its configuration, its start and its end.

local config = require("fimble.config")
local stream = require("fimble.stream")

local M = {}

M.NAME = "fimble"

---A server that has not ended by itself after this long is killed.
local PATIENCE_MS, POLL_MS = 3000, 50

---A server that ended by itself this often within this time would do it again.
local MOST_ENDS, WITHIN_MS = 5, 3 * 60 * 1000

---Whether a server is to run, and when servers ended that were.
local is_wanted = false
local ends = {} ---@type integer[]

---@return lsp.ClientCapabilities
local function capabilities()
  return {
    -- Neovim 0.11 does not know inline completion and says nothing of it; this plugin does in its place.
    textDocument = { inlineCompletion = { dynamicRegistration = false } },
    -- Neovim can do this and does not say so; without it edits come without the version that they are for.
    workspace = { workspaceEdit = { documentChanges = true } },
  }
end

---Choose the workspace of a buffer. One without a name has none: Neovim's first, empty buffer needs no server.
---@param bufnr integer
---@param on_dir fun(root?: string)
local function choose_root(bufnr, on_dir)
  if vim.api.nvim_buf_get_name(bufnr) ~= "" then
    on_dir(vim.fs.root(bufnr, vim.lsp.config[M.NAME].root_markers))
  end
end

---Start the server again that ended by itself; not one that never worked, or that was told to end.
---@param server vim.lsp.Client
---@param code integer
---@param signal integer
local function recover(server, code, signal)
  local has_failed = signal ~= vim.uv.constants.SIGTERM and (code ~= 0 or signal ~= 0)
  if not (has_failed and is_wanted and server.initialized) or vim.v.exiting ~= vim.NIL then
    return
  end
  local now = vim.uv.now()
  ends = vim.tbl_filter(function(time)
    return time > now - WITHIN_MS
  end, ends)
  table.insert(ends, now)
  if #ends < MOST_ENDS then
    vim.lsp.enable(M.NAME)
  else
    ends = {}
    vim.notify(
      "Fimble's server keeps ending and is not started again: see `:Fimble log`, then run `:Fimble restart`.",
      vim.log.levels.ERROR
    )
  end
end

---Tell Neovim of the server and start it for the buffers that it is for.
---@return boolean started false if the command is not there; the user was told
function M.start()
  local command = config.options.cmd
  if vim.fn.executable(command[1]) == 0 then
    vim.notify(
      ("Fimble cannot start because `%s` is not on PATH: install it as `:help fimble-start` says, "):format(command[1])
        .. "or give its path in the option `cmd`, then run `:Fimble restart`.",
      vim.log.levels.WARN
    )
    return false
  end
  vim.lsp.config(M.NAME, {
    cmd = command,
    root_markers = { ".git" },
    root_dir = choose_root,
    capabilities = capabilities(),
    commands = {
      ["fimble.edit"] = function(action, context)
        require("fimble.edit").run_action(action, context.bufnr)
      end,
    },
    handlers = { ["$/progress"] = stream.on_progress },
    on_exit = function(code, signal, id)
      local server = assert(M.by_id(id))
      vim.schedule(function()
        stream.on_exit(id)
        recover(server, code, signal)
      end)
    end,
    init_options = config.options.settings,
    settings = { fimble = config.options.settings },
  })
  is_wanted = true
  vim.lsp.enable(M.NAME)
  return true
end

---@return vim.lsp.Client[] of every folder, those included that are not ready yet, which Neovim itself passes over
local function all()
  return vim.lsp.get_clients({ name = M.NAME, _uninitialized = true })
end

---End the server of every folder; the engine goes on for other windows.
function M.stop()
  is_wanted = false
  vim.lsp.enable(M.NAME, false)
  for _, server in ipairs(all()) do
    if not server.initialized then
      server:stop()
    end
  end
end

---End the server, and start it again as soon as it has ended.
function M.restart()
  M.stop()
  local deadline = vim.uv.now() + PATIENCE_MS
  local function start()
    local servers = all()
    if #servers == 0 then
      M.start()
      return
    elseif vim.uv.now() > deadline then
      for _, server in ipairs(servers) do
        server:stop(true)
      end
    end
    vim.defer_fn(start, POLL_MS)
  end
  start()
end

---The client that serves a buffer.
---@param bufnr? integer the current one if nil
---@return vim.lsp.Client?
function M.get(bufnr)
  return vim.lsp.get_clients({ bufnr = bufnr or vim.api.nvim_get_current_buf(), name = M.NAME })[1]
end

---The client that an event such as LspAttach is about, if it is this server's.
---@param id integer
---@return vim.lsp.Client?
function M.by_id(id)
  local client = vim.lsp.get_client_by_id(id)
  return client and client.name == M.NAME and client or nil
end

---The client that serves the current buffer; if there is none, the user is told.
---@return vim.lsp.Client?
function M.get_or_tell()
  local client = M.get()
  if not client then
    vim.notify("Fimble does not run for this buffer; `:checkhealth fimble` says why.", vim.log.levels.WARN)
  end
  return client
end

---Ask a server; if it fails, the user is told.
---@param server vim.lsp.Client
---@param method string
---@param parameters table<string, any>
---@param on_result fun(result: any)
---@param bufnr? integer that it is about; the current one if nil
function M.ask(server, method, parameters, on_result, bufnr)
  stream.ask(server, method, parameters, function(failure, result)
    if failure then
      vim.notify(("Fimble: %s"):format(failure), vim.log.levels.ERROR)
    else
      on_result(result)
    end
  end, bufnr)
end

---Run one of the server's commands for the current buffer.
---@param command string
---@param on_result fun(result: any)
function M.run(command, on_result)
  local server = M.get_or_tell()
  if server then
    M.ask(server, "workspace/executeCommand", { command = command }, on_result)
  end
end

return M
