---The suggestion at the cursor: asked for, shown, kept while the typing agrees with it, accepted in parts.
---There is one at most, for there is one cursor that types.

local candidate = require("fimble.candidate")
local client = require("fimble.client")
local ghost = require("fimble.ghost")

local M = {}

---As in the protocol's InlineCompletionTriggerKind.
M.INVOKED, M.AUTOMATIC = 1, 2

---@class fimble.Shown
---@field bufnr integer
---@field candidates fimble.Candidate[]
---@field index integer
---@field invoked boolean whether the server was asked for several

---@class fimble.Pending
---@field client vim.lsp.Client
---@field id integer

local shown ---@type fimble.Shown?
local pending ---@type fimble.Pending?
local asked ---@type string? the state of the buffer that the server was asked about last

---What an answer depends on; as long as it is the same, so is the answer.
---@param place fimble.Place
---@return string
local function state_of(place)
  local tick = vim.api.nvim_buf_get_changedtick(place.bufnr)
  return ("%d:%d:%d:%d"):format(place.bufnr, tick, place.row, place.column)
end

local function cancel()
  if pending then
    pending.client:cancel_request(pending.id)
    pending = nil
  end
end

---@return boolean
local function is_inserting()
  return vim.startswith(vim.api.nvim_get_mode().mode, "i")
end

---@param item lsp.InlineCompletionItem
---@param place fimble.Place
---@param server vim.lsp.Client
---@return fimble.Candidate?
local function to_candidate(item, place, server)
  local range ---@type Range4?
  if item.range then
    local function column(position)
      local line = vim.api.nvim_buf_get_lines(place.bufnr, position.line, position.line + 1, false)[1] or ""
      return vim.str_byteindex(line, server.offset_encoding, position.character, false)
    end
    local start, stop = item.range.start, item.range["end"]
    range = { start.line, column(start), stop.line, column(stop) }
  end
  local made = candidate.new(place, item.insertText, range)
  if made then
    made.client_id = server.id
    made.command = item.command
  end
  return made
end

---Show what is left of the chosen candidate.
---@return boolean shown false if there is none or it does not agree with what was typed
function M.update()
  if not shown or shown.bufnr ~= vim.api.nvim_get_current_buf() or not is_inserting() then
    return false
  end
  local place = candidate.here()
  local rest = candidate.rest(shown.candidates[shown.index], place)
  if not rest then
    return false
  end
  ghost.show(place, rest, shown.invoked and ("%d/%d"):format(shown.index, #shown.candidates) or nil)
  return true
end

---Whether a suggestion is on the screen.
---@return boolean
function M.is_shown()
  return shown ~= nil
end

local function hide()
  if shown then
    ghost.hide(shown.bufnr)
    shown = nil
  end
end

---Show nothing, and want no answer any more.
function M.clear()
  cancel()
  hide()
end

---Whether the server was asked about the text and the cursor as they are.
---@return boolean
function M.is_asked()
  return asked == state_of(candidate.here())
end

---Let the next request be sent even if it is for the same state as the last one.
function M.forget()
  asked = nil
end

---Show these candidates.
---@param bufnr integer
---@param candidates fimble.Candidate[] at least one
---@param invoked boolean
function M.present(bufnr, candidates, invoked)
  -- Asked for more, the user has seen the one that was shown.
  local seen = shown and invoked and shown.candidates[shown.index].text
  shown = { bufnr = bufnr, candidates = candidates, index = 1, invoked = invoked }
  if seen and candidates[1].text == seen and #candidates > 1 then
    shown.index = 2
  end
  if not M.update() then
    M.clear()
  end
end

---Ask the server about the cursor. An answer that comes too late is dropped, and a newer request cancels an older one.
---@param kind integer
---@param on_nothing? fun() called if the server has no suggestion
function M.request(kind, on_nothing)
  local place = candidate.here()
  local server, state = client.get(place.bufnr), state_of(place)
  if not server then
    return
  end
  cancel()
  asked = state
  local parameters = vim.lsp.util.make_position_params(0, server.offset_encoding)
  ---@diagnostic disable-next-line: inject-field
  parameters.context = { triggerKind = kind }
  local request ---@type fimble.Pending?
  local function on_answer(failure, result)
    if not request or pending ~= request then
      return
    end
    pending = nil
    if failure or state_of(candidate.here()) ~= state then
      return
    end
    local candidates = vim
      .iter(result and (result.items or result) or {})
      :map(function(item)
        return to_candidate(item, place, server)
      end)
      :totable()
    if #candidates > 0 then
      M.present(place.bufnr, candidates, kind == M.INVOKED)
    elseif on_nothing then
      on_nothing()
    end
  end
  local sent, id = server:request("textDocument/inlineCompletion", parameters, on_answer, place.bufnr)
  if sent and id then
    request = { client = server, id = id }
    pending = request
  end
end

---Show the next candidate for this place.
---@return boolean shown false if there is no other: the server has to be asked
function M.next()
  if not shown or not shown.invoked then
    return false
  end
  shown.index = shown.index % #shown.candidates + 1
  return M.update()
end

---Put a part of the suggestion into the buffer; the rest stays on the screen.
---@param part fimble.Part
function M.insert(part)
  if not shown or not M.update() then
    return
  end
  local place, chosen = candidate.here(), shown.candidates[shown.index]
  local rest = assert(candidate.rest(chosen, place))
  local text, replaced = candidate.take(rest, part)
  local lines = vim.split(text, "\n", { plain = true })
  vim.api.nvim_buf_set_text(place.bufnr, place.row, place.column, place.row, place.column + replaced, lines)
  local column = (#lines == 1 and place.column or 0) + #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { place.row + #lines, column })
  if #text < #rest.text then
    M.update()
    return
  end
  M.clear()
  local server = chosen.command and client.by_id(chosen.client_id)
  if server then
    server:exec_cmd(chosen.command, { bufnr = place.bufnr })
  end
end

return M
