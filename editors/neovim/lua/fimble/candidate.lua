---A suggestion as data: what the server said, what of it is still to be typed, and its parts.

local M = {}

---@class fimble.Candidate A text for one place of a buffer.
---@field row integer where it begins, 0-based
---@field column integer in bytes, 0-based
---@field text string lines end in "\n"
---@field replaced string what stands behind the cursor and the text stands in for: closing brackets, mostly
---@field after string all that stood behind the cursor in its line
---@field client_id integer
---@field command? lsp.Command to run once all of it is accepted

---@class fimble.Place A cursor in a buffer.
---@field bufnr integer
---@field row integer 0-based
---@field column integer in bytes, 0-based
---@field line string

---@class fimble.Rest What of a candidate is still to be typed at a place.
---@field text string
---@field replaced string

---@alias fimble.Part "all"|"word"|"line"

---The cursor of the current window.
---@return fimble.Place
function M.here()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  return {
    bufnr = vim.api.nvim_get_current_buf(),
    row = row - 1,
    column = column,
    line = vim.api.nvim_get_current_line(),
  }
end

---Make a candidate of an inline completion item.
---@param place fimble.Place the cursor that was asked for
---@param insert_text any
---@param range? Range4 what it replaces: row and column in bytes of start and end
---@return fimble.Candidate? candidate nil for what cannot be shown at a cursor
function M.new(place, insert_text, range)
  if type(insert_text) ~= "string" then
    return nil
  end
  local row, column, end_row, end_column = unpack(range or { place.row, place.column, place.row, place.column })
  local before = place.line:sub(column + 1, place.column)
  local text = insert_text:gsub("\r\n?", "\n")
  if
    row ~= place.row
    or end_row ~= place.row
    or column > place.column
    or end_column < place.column
    or not vim.startswith(text, before)
    or #text == #before
  then
    return nil
  end
  return {
    row = place.row,
    column = place.column,
    text = text:sub(#before + 1),
    replaced = place.line:sub(place.column + 1, end_column),
    after = place.line:sub(place.column + 1),
    client_id = 0,
  }
end

---What is left of a candidate at the cursor, if all that was done since it was made agrees with it.
---@param candidate fimble.Candidate
---@param place fimble.Place
---@return fimble.Rest?
function M.rest(candidate, place)
  if place.row < candidate.row or (place.row == candidate.row and place.column < candidate.column) then
    return nil
  end
  local start = vim.api.nvim_buf_get_lines(place.bufnr, candidate.row, candidate.row + 1, false)[1]
  if not start or #start < candidate.column then
    return nil
  end
  local typed = table.concat(
    vim.api.nvim_buf_get_text(place.bufnr, candidate.row, candidate.column, place.row, place.column, {}),
    "\n"
  )
  local after = place.line:sub(place.column + 1)
  -- Where an automatic closing bracket was typed over, the cursor has passed it.
  local passed = #candidate.after - #after
  if
    #typed >= #candidate.text
    or not vim.startswith(candidate.text, typed)
    or passed < 0
    or passed > #candidate.replaced
    or candidate.after:sub(passed + 1) ~= after
  then
    return nil
  end
  return { text = candidate.text:sub(#typed + 1), replaced = candidate.replaced:sub(passed + 1) }
end

---Where in the text the replaced characters are found again, each as far behind as the others let it.
---@param rest fimble.Rest
---@return integer[]? positions 1-based; nil if they are not all there, in that order
function M.align(rest)
  local positions = {} ---@type integer[]
  local last = #rest.text
  for index = #rest.replaced, 1, -1 do
    local character = rest.replaced:sub(index, index)
    while last > 0 and rest.text:sub(last, last) ~= character do
      last = last - 1
    end
    if last == 0 or character:byte() > 127 then
      return nil
    end
    positions[index] = last
    last = last - 1
  end
  return positions
end

---Cut a part off the beginning of what is left.
---@param rest fimble.Rest
---@param part fimble.Part
---@return string text to insert
---@return integer replaced how many bytes behind the cursor it stands in for
function M.take(rest, part)
  local patterns = {
    word = [=[^\_s*\%(\k\+\|\%(\k\@![^[:space:]]\)\+\)\?]=],
    line = [[^\n*[^\n]*]],
  }
  local text = part == "all" and rest.text or vim.fn.matchstr(rest.text, patterns[part])
  if #text == #rest.text then
    return text, #rest.replaced
  end
  local passed = vim.iter(M.align(rest) or {}):filter(function(position)
    return position <= #text
  end)
  return text, #passed:totable()
end

return M
