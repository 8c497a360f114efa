---The keys of insert mode. A key that has nothing to do does what it did without Fimble.

local config = require("fimble.config")

local M = {}

---@type table<string, fun(): boolean?>
local ACTIONS = {
  accept = function()
    return require("fimble").accept()
  end,
  accept_word = function()
    return require("fimble").accept_word()
  end,
  accept_line = function()
    return require("fimble").accept_line()
  end,
  next = function()
    require("fimble").next()
    return true
  end,
  dismiss = function()
    return require("fimble").dismiss()
  end,
}

---The mapping that a key has without Fimble's, which is local to the buffer.
---@param key string
---@param before table<string, any> the buffer's own mapping before Fimble's, or an empty table
---@return table<string, any>?
local function mapping_below(key, before)
  if not vim.tbl_isempty(before) then
    return before
  end
  local raw = vim.keycode(key)
  return vim.iter(vim.api.nvim_get_keymap("i")):find(function(mapping)
    return vim.keycode(mapping.lhs) == raw
  end)
end

---Do what the key does without Fimble.
---@param key string
---@param before table<string, any>
local function fall_through(key, before)
  local mapping = mapping_below(key, before)
  if not mapping then
    -- A terminal sends an unmapped Alt key as <Esc> and the key: it would leave insert mode and be a command.
    if not key:find("^<[MmAa]%-") then
      vim.api.nvim_feedkeys(vim.keycode(key), "in", false)
    end
    return
  end
  local keys = mapping.rhs and vim.keycode(mapping.rhs) or ""
  if mapping.callback then
    local result = mapping.callback()
    if mapping.expr ~= 1 then
      return
    end
    keys = mapping.replace_keycodes == 1 and vim.keycode(result or "") or result or ""
  elseif mapping.expr == 1 then
    keys = vim.keycode(tostring(vim.api.nvim_eval(mapping.rhs)))
  end
  vim.api.nvim_feedkeys(keys, mapping.noremap == 1 and "in" or "im", false)
end

---Whether the key belongs to a snippet or to the completion menu now.
---@param key string
---@return boolean
local function is_taken(key)
  return vim.fn.pumvisible() == 1 or (key:lower() == "<tab>" and vim.snippet.active({ direction = 1 }))
end

---@param bufnr integer
---@param action string
---@param key string
local function map(bufnr, action, key)
  local before = vim.api.nvim_buf_call(bufnr, function()
    local mapping = vim.fn.maparg(key, "i", false, true)
    return mapping.buffer == 1 and mapping or {}
  end)
  vim.keymap.set("i", key, function()
    if is_taken(key) or not ACTIONS[action]() then
      fall_through(key, before)
    end
  end, { buffer = bufnr, desc = "Fimble: " .. action:gsub("_", " ") })
end

---Map the keys in a buffer.
---@param bufnr integer
local function attach(bufnr)
  if vim.b[bufnr].fimble_keys then
    return
  end
  vim.b[bufnr].fimble_keys = true
  for action, key in vim.spairs(config.options.keys) do
    if key then
      map(bufnr, action, key)
    end
  end
end

---Map the keys wherever the server is.
function M.setup()
  vim.api.nvim_create_autocmd("LspAttach", {
    group = vim.api.nvim_create_augroup("fimble.keys", {}),
    callback = function(event)
      if require("fimble.client").by_id(event.data.client_id) then
        attach(event.buf)
      end
    end,
  })
end

return M
