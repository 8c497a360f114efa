-- The command is all that is defined when Neovim starts; what it needs is loaded when it is used.
if vim.g.loaded_fimble then
  return
end
vim.g.loaded_fimble = true

vim.api.nvim_create_user_command("Fimble", function(arguments)
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local lines = arguments.range > 0 and { arguments.line1 - 1, arguments.line2 } or { line, line }
  require("fimble.commands").run({ words = arguments.fargs, lines = lines })
end, {
  nargs = "*",
  range = true,
  desc = "Fimble: suggestions by a model on this machine",
  complete = function(lead, line)
    return require("fimble.commands").complete(lead, line)
  end,
})
