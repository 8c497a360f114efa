---What the server may know of the user's doings beside the changes of text: what is on the screen, what was copied,
---what other tools complain of. Only of buffers that the server has open.

local client = require("fimble.client")

local M = {}

local SETTLE_MS = 500

---@param bufnr integer
---@param method string
---@param parameters table<string, any>
local function notify(bufnr, method, parameters)
  local server = client.get(bufnr)
  if server then
    parameters.textDocument = { uri = vim.uri_from_bufnr(bufnr) }
    server:notify(method, parameters)
  end
end

---Make a function that runs once its calls have stopped for a moment.
---@param action fun()
---@return fun()
local function debounced(action)
  local timer = assert(vim.uv.new_timer())
  return function()
    timer:start(SETTLE_MS, 0, vim.schedule_wrap(action))
  end
end

local views = {} ---@type table<integer, string> what was told of each window last

local function tell_views()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local bufnr = vim.api.nvim_win_get_buf(window)
    local first, last = vim.fn.line("w0", window) - 1, vim.fn.line("w$", window) - 1
    local view = ("%d:%d:%d"):format(bufnr, first, last)
    if client.get(bufnr) and views[window] ~= view then
      views[window] = view
      notify(bufnr, "fimble/didShow", {
        range = { start = { line = first, character = 0 }, ["end"] = { line = last, character = 0 } },
      })
    end
  end
end

local complaining = {} ---@type table<integer, true> buffers whose diagnostics have changed

local function tell_diagnostics()
  for bufnr in pairs(complaining) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      local diagnostics = vim.lsp.diagnostic.from(vim.diagnostic.get(bufnr))
      notify(bufnr, "fimble/didChangeDiagnostics", { diagnostics = diagnostics })
    end
  end
  complaining = {}
end

---Follow what the user does.
function M.setup()
  local group = vim.api.nvim_create_augroup("fimble.activity", {})
  local show, complain = debounced(tell_views), debounced(tell_diagnostics)
  vim.api.nvim_create_autocmd({ "WinScrolled", "BufWinEnter", "WinEnter", "LspAttach" }, {
    group = group,
    callback = function()
      show()
    end,
  })
  vim.api.nvim_create_autocmd("WinClosed", {
    group = group,
    callback = function(event)
      views[tonumber(event.match)] = nil
    end,
  })
  vim.api.nvim_create_autocmd("TextYankPost", {
    group = group,
    callback = function(event)
      local yank = vim.v.event
      if yank.operator == "y" then
        local text = table.concat(yank.regcontents, "\n") .. (yank.regtype == "V" and "\n" or "")
        notify(event.buf, "fimble/didYank", { text = text })
      end
    end,
  })
  vim.api.nvim_create_autocmd("DiagnosticChanged", {
    group = group,
    callback = function(event)
      complaining[event.buf] = true
      complain()
    end,
  })
end

return M
