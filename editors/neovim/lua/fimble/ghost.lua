---Ghost text: what is left of a suggestion, shown at the cursor by extended marks.

local candidate = require("fimble.candidate")

local M = {}

local namespace = vim.api.nvim_create_namespace("fimble.ghost")
local TEXT, COUNT = "FimbleSuggestion", "FimbleCount"

---@alias fimble.Chunk { [1]: string, [2]?: string } a text and its highlight group

---Define the highlight groups; a colour scheme may have its own for them.
function M.setup()
  vim.api.nvim_set_hl(
    0,
    TEXT,
    { default = true, link = vim.fn.hlexists("ComplHint") == 1 and "ComplHint" or "NonText" }
  )
  vim.api.nvim_set_hl(0, COUNT, { default = true, link = "MoreMsg" })
end

---Replace tabs by spaces: virtual text is not laid out by 'tabstop'.
---@param text string
---@param column integer display column at which it begins
---@return string
local function expand_tabs(text, column)
  local width = vim.bo.tabstop
  local parts = {} ---@type string[]
  for index, piece in ipairs(vim.split(text, "\t", { plain = true })) do
    if index > 1 then
      local gap = width - column % width
      table.insert(parts, (" "):rep(gap))
      column = column + gap
    end
    table.insert(parts, piece)
    column = column + vim.api.nvim_strwidth(piece)
  end
  return table.concat(parts)
end

---@param place fimble.Place
---@param column integer in bytes
---@param chunks fimble.Chunk[]
---@param options vim.api.keyset.set_extmark
local function mark(place, column, chunks, options)
  options.virt_text = chunks
  options.hl_mode = "combine"
  options.undo_restore = false
  vim.api.nvim_buf_set_extmark(place.bufnr, namespace, place.row, column, options)
end

---Show one line between the characters that stay.
---@param place fimble.Place
---@param rest fimble.Rest
---@param positions integer[] see `candidate.align`
---@param count fimble.Chunk[]
local function show_between(place, rest, positions, count)
  local first = 1
  for index = 1, #rest.replaced + 1 do
    local piece = rest.text:sub(first, (positions[index] or #rest.text + 1) - 1)
    local is_last = index > #rest.replaced
    if piece ~= "" or (is_last and #count > 0) then
      local column = vim.fn.virtcol({ place.row + 1, place.column + index }) - 1
      local chunks = { { expand_tabs(piece, column), TEXT } }
      mark(place, place.column + index - 1, is_last and vim.list_extend(chunks, count) or chunks, {
        virt_text_pos = "inline",
      })
    end
    first = (positions[index] or 0) + 1
  end
end

---Show several lines; what stays behind the cursor moves to the end of the last one.
---@param place fimble.Place
---@param rest fimble.Rest
---@param count fimble.Chunk[]
local function show_below(place, rest, count)
  local after = place.line:sub(place.column + 1)
  local staying = after:sub(#rest.replaced + 1)
  local column = vim.fn.virtcol({ place.row + 1, place.column + 1 }) - 1
  local lines = vim.split(rest.text, "\n", { plain = true })
  local chunks = {} ---@type fimble.Chunk[][]
  for index, line in ipairs(lines) do
    chunks[index] = { { expand_tabs(line, index == 1 and column or 0), TEXT } }
  end
  if staying ~= "" then
    table.insert(chunks[#chunks], { expand_tabs(staying, vim.api.nvim_strwidth(chunks[#chunks][1][1])) })
  end
  vim.list_extend(chunks[#chunks], count)
  local first = table.remove(chunks, 1)
  -- The text behind the cursor is still there: it is covered.
  local uncovered = vim.api.nvim_strwidth(after) - vim.api.nvim_strwidth(first[1][1])
  if uncovered > 0 then
    table.insert(first, 2, { (" "):rep(uncovered) })
  end
  mark(place, place.column, first, {
    virt_text_pos = after == "" and "inline" or "overlay",
    virt_lines = chunks,
  })
end

---Show what is left of a suggestion at the cursor in place of what was shown before.
---@param place fimble.Place
---@param rest fimble.Rest
---@param count? string such as "2/3"
function M.show(place, rest, count)
  vim.api.nvim_buf_clear_namespace(place.bufnr, namespace, 0, -1)
  local counted = count and { { (" (%s)"):format(count), COUNT } } or {} ---@type fimble.Chunk[]
  local positions = not rest.text:find("\n", 1, true) and candidate.align(rest)
  if positions then
    show_between(place, rest, positions, counted)
  else
    show_below(place, rest, counted)
  end
end

---Show nothing in a buffer.
---@param bufnr integer
function M.hide(bufnr)
  if vim.api.nvim_buf_is_valid(bufnr) then
    vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

return M
