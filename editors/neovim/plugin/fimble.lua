-- The command is all that is defined when Neovim starts; what it needs is loaded when it is used.
if vim.g.loaded_fimble then
  return
end
vim.g.loaded_fimble = true

vim.api.nvim_create_user_command("Fimble", function(arguments)
  require("fimble.commands").run(arguments.fargs)
end, {
  nargs = "*",
  desc = "Fimble: suggestions by a model on this machine",
  complete = function(lead, line)
    return require("fimble.commands").complete(lead, line)
  end,
})
