---The keys of insert mode. A key that has nothing to do does what it did without Fimble.

local config = require("fimble.config")

local M = {}

---Each returns whether it has something to do; one that finds out later that it has not calls its argument then.
---@type table<string, fun(on_nothing: fun()): boolean?>
local ACTIONS = {
  accept = function(on_nothing)
    return require("fimble.inline").accept("all", on_nothing)
  end,
  accept_word = function(on_nothing)
    return require("fimble.inline").accept("word", on_nothing)
  end,
  accept_line = function(on_nothing)
    return require("fimble.inline").accept("line", on_nothing)
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
  local keys = vim.keycode(mapping.rhs or "")
  if mapping.expr == 1 then
    keys = tostring(mapping.callback and (mapping.callback() or "") or vim.api.nvim_eval(keys))
    keys = mapping.replace_keycodes == 1 and vim.keycode(keys) or keys
  elseif mapping.callback then
    mapping.callback()
    return
  end
  local raw = vim.keycode(key)
  if mapping.noremap == 1 then
    vim.api.nvim_feedkeys(keys, "in", false)
  elseif vim.startswith(keys, raw) then
    -- What a mapping begins with is not mapped again if it is the mapping's own key: else it would go on forever.
    vim.api.nvim_feedkeys(keys:sub(#raw + 1), "im", false)
    vim.api.nvim_feedkeys(raw, "in", false)
  else
    vim.api.nvim_feedkeys(keys, "im", false)
  end
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
  local function without()
    fall_through(key, before)
  end
  vim.keymap.set("i", key, function()
    if is_taken(key) or not ACTIONS[action](without) then
      without()
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
