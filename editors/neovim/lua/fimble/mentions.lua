---What a message can point at, completed: `@file:`, `@symbol:`, `@diff` and so on. The server reads them in the message.

local M = {}

local WORDS = { "@diagnostics", "@diff", "@file:", "@folder:", "@repo", "@selection", "@symbol:" }
local PATHS = { ["@file:"] = "file", ["@folder:"] = "dir" }

---@param root string
---@param lead string
---@return string[]
local function complete(root, lead)
  local kind, path = lead:match("^(@%a+:)(.*)$")
  if not PATHS[kind] then
    return vim.tbl_filter(function(word)
      return vim.startswith(word, lead)
    end, WORDS)
  end
  local folder = path:match("^.*/") or ""
  local found = {} ---@type string[]
  for name, type in vim.fs.dir(vim.fs.joinpath(root, folder)) do
    local is_wanted = type == "directory" or (kind == "@file:" and type == "file")
    if is_wanted and vim.startswith(folder .. name, path) and name ~= ".git" then
      table.insert(found, kind .. folder .. name .. (type == "directory" and "/" or ""))
    end
  end
  table.sort(found)
  return found
end

---Complete as 'completefunc' does.
---@param root string the workspace's folder
---@param find_start 0|1
---@param base string
---@return integer|string[]
function M.complete(root, find_start, base)
  if find_start == 0 then
    return complete(root, base)
  end
  local before = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2])
  local start = before:find("@%S*$")
  return start and start - 1 or -3
end

return M
