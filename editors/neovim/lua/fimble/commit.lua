---`:Fimble commit`: a message for what is staged, put into git's file, or chosen from a list elsewhere.

local client = require("fimble.client")

local M = {}

local GIT_MS = 2000

---@class fimble.Offer The messages that were offered in a buffer.
---@field candidates string[]
---@field index integer the one that is shown
---@field attempt integer how many times the server was asked for others

local offers = {} ---@type table<integer, fimble.Offer> by buffer

---@param text string
local function say(text)
  vim.api.nvim_echo({ { text } }, false, {})
end

---The folder whose changes are committed. Git starts its editor there; what opens git's file itself may be anywhere.
---@param bufnr integer
---@return string
local function folder_of(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  if vim.bo[bufnr].filetype == "gitcommit" then
    return name:match("^(.*)/%.git/[^/]+$") or vim.fn.getcwd()
  end
  return vim.fs.dirname(name)
end

---What git's file begins its comments with.
---@param folder string
---@return string
local function comment_of(folder)
  local command = { "git", "config", "core.commentChar" }
  local ran = vim.system(command, { cwd = folder, text = true, timeout = GIT_MS }):wait()
  local comment = vim.trim(ran.stdout or "")
  return (comment == "" or comment == "auto") and "#" or comment
end

---@param bufnr integer
---@param comment string
---@return integer count of the lines above git's comments
local function message_lines(bufnr, comment)
  local lines = vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)
  for index, line in ipairs(lines) do
    if vim.startswith(line, comment) then
      return index - 1
    end
  end
  return #lines
end

---@param bufnr integer
---@param comment string
---@return string
local function message_of(bufnr, comment)
  local lines = vim.api.nvim_buf_get_lines(bufnr, 0, message_lines(bufnr, comment), false)
  return vim.trim(table.concat(lines, "\n"))
end

---Put the message that is offered now into git's file, in the place of what is there.
---@param bufnr integer
---@param comment string
local function fill(bufnr, comment)
  local offer = offers[bufnr]
  local lines = vim.split(offer.candidates[offer.index], "\n", { plain = true })
  table.insert(lines, "")
  vim.api.nvim_buf_set_lines(bufnr, 0, message_lines(bufnr, comment), false, lines)
  say(("Fimble: message %d of %d; `:Fimble commit` shows the next one."):format(offer.index, #offer.candidates))
end

---@param candidates string[]
local function choose(candidates)
  vim.ui.select(candidates, {
    prompt = "Commit message:",
    format_item = function(candidate)
      return (candidate:gsub("\n.*", " …"))
    end,
  }, function(chosen)
    if chosen then
      vim.fn.setreg('"', chosen)
      say("Fimble copied the message; `p` puts it.")
    end
  end)
end

---Ask the server.
---@param bufnr integer
---@param folder string
---@param wish table<string, any> beside the folder
---@param on_suggestion fun(candidates: string[])
local function ask(bufnr, folder, wish, on_suggestion)
  local server = client.get_or_tell()
  if not server then
    return
  end
  say("Fimble reads what is staged …")
  wish.root = vim.uri_from_fname(folder)
  client.ask(server, "fimble/commitMessage", wish, function(suggestion)
    for _, warning in ipairs(suggestion.warnings) do
      vim.notify(("Fimble: %s"):format(warning), vim.log.levels.WARN)
    end
    on_suggestion(suggestion.candidates)
  end, bufnr)
end

---Offer a message; in git's file, called again, the next one.
---@param change? "shorter"|"amend" a shorter one than the one that is there; one for the last commit with what is staged
function M.run(change)
  local bufnr = vim.api.nvim_get_current_buf()
  local folder = folder_of(bufnr)
  if vim.bo[bufnr].filetype ~= "gitcommit" then
    ask(bufnr, folder, { amend = change == "amend" }, choose)
    return
  end
  local comment = comment_of(folder)
  local offer, shown = offers[bufnr], message_of(bufnr, comment)
  if not change and offer and offer.candidates[offer.index] == shown and offer.index < #offer.candidates then
    offer.index = offer.index + 1
    fill(bufnr, comment)
    return
  end
  local attempt = offer and offer.attempt + 1 or 0
  local wish = {
    amend = change == "amend",
    shorterThan = change == "shorter" and shown or nil,
    attempt = attempt,
  }
  ask(bufnr, folder, wish, function(candidates)
    if not vim.api.nvim_buf_is_loaded(bufnr) then
      return
    elseif message_of(bufnr, comment) ~= shown then
      vim.notify("Fimble: you have changed the message meanwhile, so it stays.", vim.log.levels.WARN)
      return
    end
    offers[bufnr] = { candidates = candidates, index = 1, attempt = attempt }
    fill(bufnr, comment)
  end)
end

return M
