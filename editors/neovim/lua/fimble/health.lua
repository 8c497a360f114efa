---`:checkhealth fimble`

local client = require("fimble.client")
local config = require("fimble.config")

local M = {}

local ANSWER_MS = 5000

local function check_neovim()
  if vim.fn.has("nvim-0.11") == 0 then
    vim.health.error("Neovim is older than 0.11", "Use Neovim 0.11 or later")
  elseif require("fimble.native").is_used() then
    vim.health.ok("Neovim shows inline completion by itself")
  else
    vim.health.ok("Fimble draws the suggestions")
  end
end

---@return boolean found
local function check_command()
  local command = config.options.cmd[1]
  local path = vim.fn.exepath(command)
  if path == "" then
    vim.health.error(("`%s` is not on PATH"):format(command), {
      "Install it as `:help fimble-start` says",
      "Or give its path: `require('fimble').setup({ cmd = { PATH, 'lsp' } })`",
    })
    return false
  end
  local answered, result = pcall(function()
    return vim.system({ path, "--version" }, { text = true, timeout = ANSWER_MS }):wait()
  end)
  if answered and result.code == 0 then
    vim.health.ok(("`%s` is version %s"):format(path, vim.trim(result.stdout)))
    return true
  end
  vim.health.error(("`%s --version` fails"):format(path), "Run it in a terminal to see why")
  return false
end

---@param server vim.lsp.Client
local function check_server(server)
  local answer, failure = server:request_sync("workspace/executeCommand", { command = "fimble.status" }, ANSWER_MS)
  if not answer or answer.err then
    vim.health.error(
      ("The server does not answer: %s"):format(failure or answer.err.message),
      { "Run `:Fimble restart`", "See `:Fimble log`" }
    )
    return
  end
  local data = answer.result
  vim.health.ok(("The server runs for `%s`"):format(server.root_dir or "single files"))
  if data.model.error then
    vim.health.error(data.model.error, "Run `fimble models pull` in a terminal, or `fimble models import FILE`")
  else
    vim.health.ok(("The model is `%s`"):format(data.model.file))
  end
  vim.health.info(("The engine is %s; it starts on demand"):format(data.engine.state))
  for _, index in ipairs(data.indexes) do
    vim.health.info(("The index of `%s` is %s"):format(index.root, index.ready and index.state or "not there yet"))
  end
end

local function check_keys()
  for action, key in vim.spairs(config.options.keys) do
    vim.health.info(("%s: %s"):format(action, key and ("`%s`"):format(key) or "no key"))
  end
end

---Check everything that a suggestion needs.
function M.check()
  vim.health.start("Fimble")
  check_neovim()
  if check_command() then
    local servers = vim.lsp.get_clients({ name = client.NAME })
    if #servers == 0 then
      vim.health.warn("No server runs", "Call `require('fimble').setup()` and open a file of code")
    end
    vim.iter(servers):each(check_server)
  end
  vim.health.start("Fimble: keys in insert mode")
  check_keys()
end

return M
