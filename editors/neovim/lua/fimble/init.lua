---Fimble in Neovim: suggestions while you type, by a model on this machine. See |fimble.txt|.

local M = {}

---Start Fimble for the files that are open and for those that will be.
---@param options? fimble.Options
function M.setup(options)
  if vim.fn.has("nvim-0.11") == 0 then
    vim.notify("Fimble needs Neovim 0.11 or later; this one is older.", vim.log.levels.ERROR)
    return
  end
  require("fimble.config").set(options)
  -- Where the plugin's folder joined 'runtimepath' late, Neovim has not read this file.
  vim.cmd.runtime("plugin/fimble.lua")
  require("fimble.inline").setup()
  require("fimble.keys").setup()
  require("fimble.activity").setup()
  require("fimble.status").setup()
  require("fimble.client").start()
end

---What Fimble does for the current buffer, in a few words for a statusline; empty where it does nothing.
---@return string
function M.status()
  return require("fimble.status").text()
end

---Accept the whole suggestion.
---@return boolean accepted false if none is shown
function M.accept()
  return require("fimble.inline").accept("all")
end

---Accept the next word of the suggestion.
---@return boolean accepted false if none is shown
function M.accept_word()
  return require("fimble.inline").accept("word")
end

---Accept the suggestion up to the end of its line.
---@return boolean accepted false if none is shown
function M.accept_line()
  return require("fimble.inline").accept("line")
end

---Show the next suggestion for this place; the first time, the server is asked for several.
function M.next()
  require("fimble.inline").next()
end

---Ask for suggestions here, also where Fimble is switched off.
function M.complete()
  require("fimble.inline").complete()
end

---Take the suggestion away until the text changes.
---@return boolean dismissed false if none is shown
function M.dismiss()
  return require("fimble.inline").dismiss()
end

return M
