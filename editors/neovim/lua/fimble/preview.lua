---A floating window that fills while the model writes, and then shows what it proposes, with a key for each choice.

local M = {}

---@class fimble.Preview
---@field bufnr integer
---@field window integer
---@field title string
---@field keys string[] that do something now

---@class fimble.Choice
---@field keys string[] in normal mode; the first one is named in the window's border
---@field name string
---@field run fun()

local LEAST_WIDTH, MOST_WIDTH, LEAST_HEIGHT, SHARE = 60, 100, 3, 0.7

---@param lines string[]
---@return vim.api.keyset.win_config
local function layout(lines)
  local widest, height = LEAST_WIDTH, 0
  for _, line in ipairs(lines) do
    widest = math.max(widest, vim.api.nvim_strwidth(line))
  end
  local width = math.min(widest + 1, MOST_WIDTH, vim.o.columns - 4)
  for _, line in ipairs(lines) do
    height = height + math.max(math.ceil(vim.api.nvim_strwidth(line) / width), 1)
  end
  height = math.min(math.max(height, LEAST_HEIGHT), math.floor(vim.o.lines * SHARE))
  return {
    relative = "editor",
    width = width,
    height = height,
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
  }
end

---@param preview fimble.Preview
---@param choices fimble.Choice[]
local function offer(preview, choices)
  for _, key in ipairs(preview.keys) do
    vim.keymap.del("n", key, { buffer = preview.bufnr })
  end
  preview.keys = {}
  local parts = {} ---@type string[]
  for _, choice in ipairs(choices) do
    table.insert(parts, ("%s %s"):format(choice.keys[1], choice.name))
    for _, key in ipairs(choice.keys) do
      table.insert(preview.keys, key)
      vim.keymap.set("n", key, choice.run, { buffer = preview.bufnr, nowait = true, desc = "Fimble: " .. choice.name })
    end
  end
  vim.api.nvim_win_set_config(preview.window, {
    title = (" %s "):format(preview.title),
    footer = (" %s "):format(table.concat(parts, "  ")),
  })
end

---@param preview fimble.Preview
---@param lines string[]
local function set_lines(preview, lines)
  vim.bo[preview.bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(preview.bufnr, 0, -1, false, lines)
  vim.bo[preview.bufnr].modifiable = false
  vim.api.nvim_win_set_config(preview.window, layout(lines))
end

---Open an empty window and go into it.
---@param title string
---@param on_close fun() however it is closed
---@return fimble.Preview
function M.open(title, on_close)
  vim.cmd.stopinsert()
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[bufnr].bufhidden = "wipe"
  local config = vim.tbl_extend("error", layout({}), { border = "rounded", style = "minimal" })
  local window = vim.api.nvim_open_win(bufnr, true, config)
  local preview = { bufnr = bufnr, window = window, title = title, keys = {} }
  vim.wo[preview.window].linebreak = true
  vim.api.nvim_create_autocmd("BufWipeout", { buffer = bufnr, once = true, callback = on_close })
  return preview
end

---Whether the window is still there.
---@param preview fimble.Preview
---@return boolean
function M.is_open(preview)
  return vim.api.nvim_win_is_valid(preview.window)
end

---Close the window.
---@param preview fimble.Preview
function M.close(preview)
  if M.is_open(preview) then
    vim.api.nvim_win_close(preview.window, true)
  end
end

---The choice to close the window.
---@param preview fimble.Preview
---@param name string
---@return fimble.Choice
function M.closing(preview, name)
  return {
    keys = { "q", "<Esc>", "<C-c>" },
    name = name,
    run = function()
      M.close(preview)
    end,
  }
end

---Show other lines.
---@param preview fimble.Preview
---@param lines string[]
---@param filetype string by which they are coloured
---@param choices fimble.Choice[]
function M.show(preview, lines, filetype, choices)
  set_lines(preview, lines)
  vim.api.nvim_win_set_cursor(preview.window, { 1, 0 })
  vim.bo[preview.bufnr].filetype = filetype
  offer(preview, choices)
end

---Add a piece of text at the end, and keep the end in view.
---@param preview fimble.Preview
---@param text string
function M.append(preview, text)
  local lines = vim.api.nvim_buf_get_lines(preview.bufnr, 0, -1, false)
  local pieces = vim.split(text, "\n", { plain = true })
  pieces[1] = lines[#lines] .. pieces[1]
  table.remove(lines)
  set_lines(preview, vim.list_extend(lines, pieces))
  vim.api.nvim_win_set_cursor(preview.window, { #lines, 0 })
end

return M
