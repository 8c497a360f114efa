---Where suggestions come while typing: everywhere, but for the filetypes and buffers that are switched off.

local config = require("fimble.config")

local M = {}

---@alias fimble.Scope "global"|"buffer"|"filetype"

---What the user has switched in this session; nil where nothing was.
---@type { global?: boolean, filetype: table<string, boolean> }
local switched = { filetype = {} }

---@param filetype string
---@return boolean
local function filetype_is_on(filetype)
  local choice = switched.filetype[filetype]
  if choice ~= nil then
    return choice
  end
  return not vim.list_contains(config.options.disabled_filetypes, filetype)
end

---@return boolean
local function global_is_on()
  if switched.global ~= nil then
    return switched.global
  end
  return config.options.enabled
end

---Whether suggestions come by themselves in a buffer; `vim.b.fimble_enabled` decides where it is set.
---@param bufnr integer
---@return boolean
function M.get(bufnr)
  local choice = vim.b[bufnr].fimble_enabled
  if choice ~= nil then
    return choice == true or choice == 1
  end
  return global_is_on() and filetype_is_on(vim.bo[bufnr].filetype)
end

---Switch suggestions on or off; the narrower scope wins only where it was switched itself.
---@param scope fimble.Scope
---@return boolean on whether they are on now in that scope
function M.toggle(scope)
  local bufnr = vim.api.nvim_get_current_buf()
  local filetype = vim.bo[bufnr].filetype
  if scope == "buffer" then
    vim.b[bufnr].fimble_enabled = not M.get(bufnr)
    return M.get(bufnr)
  elseif scope == "filetype" then
    switched.filetype[filetype] = not filetype_is_on(filetype)
    return switched.filetype[filetype]
  end
  switched.global = not global_is_on()
  return switched.global
end

return M
