---The text of a conversation: what was said, with numbered places and blocks of code, and below it the message that the
---user writes. It is plain Markdown. Where a turn begins is marked, whatever headings are in the text.

local M = {}

local namespace = vim.api.nvim_create_namespace("fimble.transcript")
local YOU, FIMBLE = "# You", "# Fimble"

---@class fimble.Citation What a number in an answer means, as the server sends it.
---@field number integer
---@field path string
---@field uri lsp.DocumentUri
---@field startLine integer 0-based
---@field endLine integer the line behind the last

---@class fimble.Turns
---@field last integer the mark of the last heading
---@field citations table<integer, fimble.Citation[]> by the mark of the answer's heading

local turns_of = {} ---@type table<integer, fimble.Turns> by buffer

---@param bufnr integer
---@param mark integer
---@return integer
local function row_of(bufnr, mark)
  return vim.api.nvim_buf_get_extmark_by_id(bufnr, namespace, mark, {})[1]
end

---The first row below the last heading, if the user has left it there.
---@param bufnr integer
---@return integer
local function body_row(bufnr)
  local row = math.min(row_of(bufnr, turns_of[bufnr].last), vim.api.nvim_buf_line_count(bufnr) - 1)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1]
  return (line == YOU or line == FIMBLE) and row + 1 or row
end

---Replace the lines from a row on; windows whose cursor is at the end stay there. It cannot be undone: what a user
---undoes is what the user has typed.
---@param bufnr integer
---@param row integer
---@param lines string[]
local function write(bufnr, row, lines)
  local count = vim.api.nvim_buf_line_count(bufnr)
  local following = vim.tbl_filter(function(window)
    return vim.api.nvim_win_get_cursor(window)[1] == count
  end, vim.fn.win_findbuf(bufnr))
  local is_modifiable = vim.bo[bufnr].modifiable
  local levels = vim.bo[bufnr].undolevels
  vim.bo[bufnr].modifiable = true
  vim.bo[bufnr].undolevels = -1
  vim.api.nvim_buf_set_lines(bufnr, row, -1, false, lines)
  vim.bo[bufnr].undolevels = levels
  vim.bo[bufnr].modifiable = is_modifiable
  for _, window in ipairs(following) do
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(bufnr), #lines[#lines] })
  end
end

---Add a heading at the end, with a text below.
---@param bufnr integer
---@param heading string
---@param text string
local function begin(bufnr, heading, text)
  local lines = vim.list_extend({ heading, "" }, vim.split(text, "\n", { plain = true }))
  local first = vim.api.nvim_buf_line_count(bufnr)
  local row = first + 1
  if first == 1 and vim.api.nvim_buf_get_lines(bufnr, 0, 1, false)[1] == "" then
    first, row = 0, 0
  else
    table.insert(lines, 1, "")
  end
  write(bufnr, first, lines)
  turns_of[bufnr].last = vim.api.nvim_buf_set_extmark(bufnr, namespace, row, 0, {})
end

---Begin the message that the user writes.
---@param bufnr integer
---@param text string what it is to begin with
function M.begin_message(bufnr, text)
  begin(bufnr, YOU, text)
  vim.bo[bufnr].modifiable = true
end

---Make the buffer of a conversation, with an empty message.
---@param name string
---@return integer bufnr
function M.new(name)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(bufnr, name)
  vim.bo[bufnr].filetype = "markdown"
  M.clear(bufnr)
  return bufnr
end

---Take everything away and begin a message.
---@param bufnr integer
function M.clear(bufnr)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  turns_of[bufnr] = { last = 0, citations = {} }
  write(bufnr, 0, { "" })
  M.begin_message(bufnr, "")
end

---The text below the last heading: the message, or the answer that is being written.
---@param bufnr integer
---@return string
function M.last(bufnr)
  local lines = vim.api.nvim_buf_get_lines(bufnr, body_row(bufnr), -1, false)
  return vim.trim(table.concat(lines, "\n"))
end

---Put a text in the place of the one below the last heading.
---@param bufnr integer
---@param text string
function M.set_last(bufnr, text)
  local lines = vim.list_extend({ "" }, vim.split(text, "\n", { plain = true }))
  write(bufnr, body_row(bufnr), lines)
end

---Begin an answer; nothing can be written by hand until the next message begins.
---@param bufnr integer
function M.begin_answer(bufnr)
  begin(bufnr, FIMBLE, "")
  vim.bo[bufnr].modifiable = false
end

---Add a piece to the answer.
---@param bufnr integer
---@param text string
function M.append(bufnr, text)
  local row = vim.api.nvim_buf_line_count(bufnr) - 1
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1]
  write(bufnr, row, vim.split(line .. text, "\n", { plain = true }))
end

---Put the whole answer in the place of its pieces, with the places that its numbers mean below.
---@param bufnr integer
---@param text string
---@param citations fimble.Citation[]
function M.end_answer(bufnr, text, citations)
  local turns = turns_of[bufnr]
  turns.citations[turns.last] = citations
  local places = vim.tbl_map(function(citation)
    return ("- [%d] %s:%d-%d"):format(citation.number, citation.path, citation.startLine + 1, citation.endLine)
  end, citations)
  M.set_last(bufnr, vim.trim(text .. "\n\n" .. table.concat(places, "\n")))
end

---Whether a row belongs to the message that is being written.
---@param bufnr integer
---@param row integer
---@return boolean
function M.is_message(bufnr, row)
  return vim.bo[bufnr].modifiable and row >= row_of(bufnr, turns_of[bufnr].last)
end

---The place that the number at a cursor means, or that its line lists.
---@param bufnr integer
---@param row integer
---@param column integer in bytes
---@return fimble.Citation?
function M.citation_at(bufnr, row, column)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1]
  local number = line:match("^%- %[(%d+)%] ")
  for start, digits, behind in line:gmatch("()%[(%d+)%]()") do
    if start <= column + 1 and column + 1 < behind then
      number = digits
    end
  end
  local nearest, citations = -1, {} ---@type integer, fimble.Citation[]
  for mark, found in pairs(turns_of[bufnr].citations) do
    local heading = row_of(bufnr, mark)
    if nearest < heading and heading <= row then
      nearest, citations = heading, found
    end
  end
  return vim.iter(citations):find(function(citation)
    return citation.number == tonumber(number)
  end)
end

---The block of code around a row.
---@param bufnr integer
---@param row integer
---@return string[]? lines without the fences
function M.block_at(bufnr, row)
  local fence, first ---@type string?, integer
  local lines = vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)
  for number, line in ipairs(lines) do
    local found, info = line:match("^%s*(```+)%s*(.*)$")
    if found and not fence then
      fence, first = found, number
    elseif found and info == "" and #found >= #fence then
      if first <= row + 1 and row + 1 <= number then
        return vim.list_slice(lines, first + 1, number - 1)
      end
      fence = nil
    end
  end
end

return M
