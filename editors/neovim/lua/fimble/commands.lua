---`:Fimble` and its sub-commands.

local client = require("fimble.client")

local M = {}

---@param lines string[]
---@param name string a second call with the same name goes into the window
local function float(lines, name)
  vim.lsp.util.open_floating_preview(lines, "markdown", { border = "rounded", focus_id = "fimble." .. name })
end

---@class fimble.Command
---@field run fun(argument?: string)
---@field arguments? string[]

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
  toggle = {
    arguments = { "global", "buffer", "filetype" },
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

---Run a sub-command.
---@param arguments string[] its name and its arguments; none for `status`
function M.run(arguments)
  local name, argument = arguments[1] or "status", arguments[2]
  local command = COMMANDS[name]
  local choices = command and (command.arguments or {}) or vim.tbl_keys(COMMANDS)
  if not command or #arguments > 2 or (argument and not vim.list_contains(choices, argument)) then
    table.sort(choices)
    local subject = command and (":Fimble %s takes "):format(name) or ":Fimble takes one of "
    local sentence = subject .. (#choices > 0 and table.concat(choices, ", ") or "no argument")
    vim.notify(sentence .. ".", vim.log.levels.ERROR)
    return
  end
  command.run(argument)
end

---What can stand at the cursor of the command line.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(vim.trim(line:gsub("^.-Fimble", "", 1)), "%s+", { trimempty = true })
  local before = #words - (lead == "" and 0 or 1)
  local choices = {} ---@type string[]
  if before == 0 then
    choices = vim.tbl_keys(COMMANDS)
  elseif before == 1 and COMMANDS[words[1]] then
    choices = vim.deepcopy(COMMANDS[words[1]].arguments or {})
  end
  table.sort(choices)
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
