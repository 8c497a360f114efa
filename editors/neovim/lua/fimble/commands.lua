---`:Fimble` and its sub-commands.

local client = require("fimble.client")

local M = {}

---@param lines string[]
---@param name string a second call with the same name goes into the window
local function float(lines, name)
  vim.lsp.util.open_floating_preview(lines, "markdown", { border = "rounded", focus_id = "fimble." .. name })
end

---@class fimble.Call How `:Fimble` was called.
---@field words string[] the sub-command and its arguments
---@field lines fimble.Lines of the range, or none at the cursor

---@class fimble.Command
---@field run fun(argument: string?, call: fimble.Call)
---@field arguments? fun(): string[] what the first argument can be; none if nil
---@field is_open? boolean whether the user's own words follow, or stand in place of the first argument

---@type table<string, fimble.Command>
local COMMANDS = {
  status = {
    run = function()
      client.run("fimble.status", function(data)
        float(require("fimble.explain").status(data, require("fimble.status").get()), "status")
      end)
    end,
  },
  explain = {
    run = function()
      client.run("fimble.explainCompletion", function(data)
        float(require("fimble.explain").explanation(data), "explain")
      end)
    end,
  },
  ask = {
    is_open = true,
    run = function(_, call)
      require("fimble.chat").ask(vim.list_slice(call.words, 2))
    end,
  },
  chat = {
    is_open = true,
    run = function(_, call)
      require("fimble.chat").chat(vim.list_slice(call.words, 2), call.lines)
    end,
  },
  commit = {
    arguments = function()
      return { "amend", "shorter" }
    end,
    run = function(argument)
      require("fimble.commit").run(argument)
    end,
  },
  conversations = {
    arguments = function()
      return { "delete" }
    end,
    run = function(argument)
      require("fimble.chat").conversations(argument == "delete")
    end,
  },
  edit = {
    is_open = true,
    arguments = function()
      return require("fimble.edit").names()
    end,
    run = function(_, call)
      require("fimble.edit").run(call.lines, vim.list_slice(call.words, 2))
    end,
  },
  plan = {
    is_open = true,
    run = function(_, call)
      require("fimble.plan").run(table.concat(call.words, " ", 2))
    end,
  },
  toggle = {
    arguments = function()
      return { "buffer", "filetype", "global" }
    end,
    run = function(scope)
      scope = scope or "global"
      local is_on = require("fimble.enabled").toggle(scope)
      require("fimble.inline").apply_enabled()
      vim.cmd.redrawstatus({ bang = true })
      local where =
        { global = "everywhere", buffer = "in this buffer", filetype = "in " .. vim.bo.filetype .. " files" }
      vim.api.nvim_echo({ { ("Fimble is %s %s."):format(is_on and "on" or "off", where[scope]) } }, false, {})
    end,
  },
  complete = {
    run = function()
      require("fimble").complete()
    end,
  },
  next = {
    run = function()
      require("fimble").next()
    end,
  },
  update_index = {
    run = function()
      client.run("fimble.updateIndex", function()
        vim.api.nvim_echo({ { "Fimble looks at all files of the workspace." } }, false, {})
      end)
    end,
  },
  log = {
    run = function()
      vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.log.get_filename()))
    end,
  },
  restart = {
    run = function()
      client.restart()
    end,
  },
  stop = {
    run = function()
      client.stop()
    end,
  },
}

---@return string[]
local function names()
  local sorted = vim.tbl_keys(COMMANDS)
  table.sort(sorted)
  return sorted
end

---@param name string
---@return string[]
local function arguments_of(name)
  local command = COMMANDS[name]
  return command and command.arguments and command.arguments() or {}
end

---Run a sub-command; `status` if there is none.
---@param call fimble.Call
function M.run(call)
  local name, argument = call.words[1] or "status", call.words[2]
  local command = COMMANDS[name]
  if not command then
    vim.notify((":Fimble takes one of %s."):format(table.concat(names(), ", ")), vim.log.levels.ERROR)
    return
  end
  if not command.is_open then
    local choices = arguments_of(name)
    if #call.words > 2 or (argument and not vim.list_contains(choices, argument)) then
      local wanted = #choices > 0 and table.concat(choices, ", ") or "no argument"
      vim.notify((":Fimble %s takes %s."):format(name, wanted), vim.log.levels.ERROR)
      return
    end
  end
  command.run(argument, call)
end

---What can stand at the cursor of the command line.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line:gsub("^.-Fimble", "", 1)), "%s+", { trimempty = true })
  local before = #words - (lead == "" and 0 or 1)
  local choices = before == 0 and names() or before == 1 and arguments_of(words[1]) or {}
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
