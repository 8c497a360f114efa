---The options of `setup`, checked, with their defaults.

local M = {}

---@class fimble.Keys A key for each action, in insert mode; false for none.
---@field accept? string|false the whole suggestion
---@field accept_word? string|false its next word
---@field accept_line? string|false up to the end of its line
---@field next? string|false the next candidate; asks for several
---@field dismiss? string|false no suggestion until the text changes

---@class fimble.Options
---@field cmd? string[] the command that starts the language server
---@field enabled? boolean suggest while typing; `:Fimble toggle` changes it
---@field disabled_filetypes? string[] filetypes without suggestions while typing
---@field ghost_text? "auto"|"own" who shows suggestions: Neovim where it can (0.12), or always this plugin
---@field keys? fimble.Keys|false false for no keys at all
---@field settings? table<string, any> the server's settings, by the names of its settings page

---@class fimble.Config : fimble.Options
M.defaults = {
  cmd = { "fimble", "lsp" },
  enabled = true,
  disabled_filetypes = {},
  ghost_text = "auto",
  keys = {
    accept = "<Tab>",
    accept_word = "<M-w>",
    accept_line = "<M-l>",
    next = "<M-n>",
    dismiss = "<M-d>",
  },
  settings = {},
}

---@type fimble.Config
M.options = M.defaults

---@param value any
---@return boolean
local function is_strings(value)
  return vim.islist(value) and vim.iter(value):all(function(item)
    return type(item) == "string"
  end)
end

---@type table<string, { [1]: fun(value: any): boolean, [2]: string }>
local CHECKS = {
  cmd = {
    function(value)
      return is_strings(value) and #value > 0
    end,
    "a list of strings",
  },
  enabled = {
    function(value)
      return type(value) == "boolean"
    end,
    "true or false",
  },
  disabled_filetypes = { is_strings, "a list of strings" },
  ghost_text = {
    function(value)
      return value == "auto" or value == "own"
    end,
    '"auto" or "own"',
  },
  keys = {
    function(value)
      return value == false or type(value) == "table"
    end,
    "a table or false",
  },
  settings = {
    function(value)
      return type(value) == "table"
    end,
    "a table",
  },
}

---@param value any
---@return boolean
local function is_key(value)
  return value == false or (type(value) == "string" and value ~= "")
end

---@param options table<string, any>
---@return string[] complaints one sentence each
local function complaints(options)
  local found = {} ---@type string[]
  for name, value in vim.spairs(options) do
    local check = CHECKS[name]
    if not check then
      table.insert(found, ("There is no option `%s`."):format(name))
    elseif not check[1](value) then
      table.insert(found, ("The option `%s` has to be %s."):format(name, check[2]))
    end
  end
  for action, key in vim.spairs(type(options.keys) == "table" and options.keys or {}) do
    if M.defaults.keys[action] == nil then
      table.insert(found, ("There is no option `keys.%s`."):format(action))
    elseif not is_key(key) then
      table.insert(found, ("The option `keys.%s` has to be a key or false."):format(action))
    end
  end
  return found
end

---Use these options from now on, over the defaults.
---Raises an error, one sentence for each mistake, if they cannot be used.
---@param options? fimble.Options
function M.set(options)
  options = options or {}
  local found = type(options) == "table" and complaints(options) or { "The options have to be a table." }
  if #found > 0 then
    error("Fimble: " .. table.concat(found, " "), 0)
  end
  local merged = vim.tbl_deep_extend("force", M.defaults, options)
  -- Lists replace their default as a whole, whatever Neovim's version does with them.
  merged.cmd = options.cmd or M.defaults.cmd
  merged.keys = merged.keys or {}
  M.options = merged
end

return M
