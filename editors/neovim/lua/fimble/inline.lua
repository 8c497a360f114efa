---Inline completion as the user has it: when suggestions come and go, and what the keys do.

local client = require("fimble.client")
local enabled = require("fimble.enabled")
local ghost = require("fimble.ghost")
local native = require("fimble.native")
local suggestion = require("fimble.suggestion")

local M = {}

---The buffer and its text for which no suggestion is wanted.
local dismissed ---@type string?

---@return string
local function text_state()
  local bufnr = vim.api.nvim_get_current_buf()
  return ("%d:%d"):format(bufnr, vim.api.nvim_buf_get_changedtick(bufnr))
end

local function clear()
  suggestion.clear()
  local bufnr = vim.api.nvim_get_current_buf()
  if native.is_used() and dismissed ~= text_state() and client.get(bufnr) then
    native.resume(bufnr)
  end
end

---The completion menu is open: nothing is shown beside it.
local function give_way()
  local bufnr = vim.api.nvim_get_current_buf()
  suggestion.clear()
  if native.is_used() and client.get(bufnr) then
    native.suspend(bufnr)
  end
end

---The text or the cursor has changed.
local function refresh()
  local bufnr = vim.api.nvim_get_current_buf()
  if not client.get(bufnr) then
    return
  elseif vim.fn.pumvisible() == 1 then
    give_way()
  elseif not suggestion.update() and not suggestion.is_asked() then
    clear()
    if not native.is_used() and enabled.get(bufnr) and dismissed ~= text_state() then
      suggestion.request(suggestion.AUTOMATIC)
    end
  end
end

---@param part fimble.Part
local function insert(part)
  -- Typed as keys, since only they begin a new undo step before and after.
  local action = ("<C-g>u<Cmd>lua require('fimble.inline').insert('%s')<CR><C-g>u"):format(part)
  vim.api.nvim_feedkeys(vim.keycode(action), "in", false)
end

---Put a part of the suggestion into the buffer, and let what is left or nothing be shown.
---@param part fimble.Part
function M.insert(part)
  suggestion.insert(part)
  if not suggestion.is_shown() then
    clear()
  end
end

---Accept a part of the suggestion.
---@param part fimble.Part
---@param on_stale? fun() is called if what Neovim showed does not agree with what was typed since
---@return boolean accepted false if none is shown
function M.accept(part, on_stale)
  if suggestion.is_shown() then
    insert(part)
    return true
  end
  return native.is_used()
    and native.take(function(place, taken)
      if taken then
        native.suspend(place.bufnr)
        suggestion.present(place.bufnr, { taken }, false)
        insert(part)
      elseif on_stale then
        on_stale()
      end
    end)
end

---Ask for several suggestions, wherever the cursor is.
function M.complete()
  if not client.get_or_tell() then
    return
  elseif not vim.startswith(vim.api.nvim_get_mode().mode, "i") then
    vim.api.nvim_create_autocmd("InsertEnter", { once = true, callback = vim.schedule_wrap(M.complete) })
    vim.cmd.startinsert({ bang = vim.fn.charcol(".") >= vim.fn.charcol("$") - 1 })
    return
  end
  dismissed = nil
  local bufnr = vim.api.nvim_get_current_buf()
  if native.is_used() then
    native.suspend(bufnr)
  end
  suggestion.request(suggestion.INVOKED, function()
    clear()
    vim.api.nvim_echo({ { "Fimble has no suggestion here." } }, false, {})
  end)
end

---Show the next suggestion; the first time, the server is asked for several.
function M.next()
  if not suggestion.next() then
    M.complete()
  end
end

---Take the suggestion away until the text changes.
---@return boolean dismissed false if none is shown
function M.dismiss()
  local bufnr = vim.api.nvim_get_current_buf()
  if suggestion.is_shown() then
    dismissed = text_state()
    suggestion.clear()
    return true
  end
  local taken = native.is_used() and native.take(function() end)
  if taken then
    dismissed = text_state()
    native.suspend(bufnr)
  end
  return taken
end

---Use what was switched on or off just now.
function M.apply_enabled()
  local bufnr = vim.api.nvim_get_current_buf()
  suggestion.clear()
  suggestion.forget()
  if native.is_used() then
    for _, attached in ipairs(vim.api.nvim_list_bufs()) do
      if client.get(attached) then
        native.resume(attached)
      end
    end
  elseif client.get(bufnr) and vim.startswith(vim.api.nvim_get_mode().mode, "i") then
    refresh()
  end
end

---Follow the typing.
function M.setup()
  ghost.setup()
  local group = vim.api.nvim_create_augroup("fimble.inline", {})
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = group, callback = callback })
  end
  on("ColorScheme", ghost.setup)
  local function begin()
    suggestion.forget()
    -- Only now is the mode the one that the event names.
    vim.schedule(function()
      if vim.startswith(vim.api.nvim_get_mode().mode, "i") then
        refresh()
      end
    end)
  end
  on({ "InsertEnter", "CompleteDone" }, begin)
  on({ "TextChangedI", "CursorMovedI" }, refresh)
  on({ "TextChangedP", "CompleteChanged" }, give_way)
  on({ "InsertLeave", "BufLeave" }, clear)
  on("LspDetach", function(event)
    if client.by_id(event.data.client_id) then
      suggestion.clear()
    end
  end)
  on("LspAttach", function(event)
    if client.by_id(event.data.client_id) then
      if native.is_used() then
        native.resume(event.buf)
      end
      -- The user may have been typing for a while.
      begin()
    end
  end)
end

return M
