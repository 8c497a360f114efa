-- A language server inside Neovim: tests see what it is sent and decide what it answers, and when.
local fake = { requests = {}, notifications = {}, capabilities = {}, encoding = "utf-16", commands = {} }

local COMMANDS = { "fimble.accept", "fimble.status", "fimble.explainCompletion", "fimble.updateIndex" }

local function initialize()
  return {
    capabilities = {
      positionEncoding = fake.encoding,
      textDocumentSync = { openClose = true, change = 2 },
      inlineCompletionProvider = {},
      executeCommandProvider = { commands = COMMANDS },
    },
  }
end

function fake.connect(dispatchers)
  local closing, last = false, 0
  fake.dispatchers = dispatchers
  return {
    request = function(method, params, on_answer, on_reply)
      last = last + 1
      local id = last
      local function answer(failure, result)
        if on_reply then
          on_reply(id)
        end
        on_answer(failure, result)
      end
      if method == "initialize" then
        fake.initialized_with = params
        answer(nil, initialize())
      elseif method == "shutdown" then
        answer(nil, nil)
      elseif method == "workspace/executeCommand" then
        table.insert(fake.requests, { id = id, method = method, params = params })
        local result = fake.commands[params.command]
        vim.schedule(function()
          answer(nil, result)
        end)
      else
        table.insert(fake.requests, { id = id, method = method, params = params, answer = answer })
      end
      return true, id
    end,
    notify = function(method, params)
      table.insert(fake.notifications, { method = method, params = params })
      if method == "exit" then
        closing = true
        dispatchers.on_exit(0, 0)
      end
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      closing = true
      dispatchers.on_exit(0, 0)
    end,
  }
end

-- What was asked for and neither answered nor cancelled.
function fake.open_requests(method)
  local cancelled = {}
  for _, notification in ipairs(fake.notifications) do
    if notification.method == "$/cancelRequest" then
      cancelled[notification.params.id] = true
    end
  end
  return vim
    .iter(fake.requests)
    :filter(function(request)
      return request.method == method and not cancelled[request.id] and not request.answered
    end)
    :totable()
end

-- Answer the newest inline completion request; `items` have `text` and, as characters before and behind the cursor,
-- `before` and `replaced`.
function fake.answer(items, request)
  request = request
    or vim.iter(fake.requests):rfind(function(one)
      return one.method == "textDocument/inlineCompletion"
    end)
  request.answered = true
  local position = request.params.position
  local made = {}
  for number, item in ipairs(items) do
    table.insert(made, {
      insertText = item.text,
      range = {
        start = { line = position.line, character = position.character - (item.before or 0) },
        ["end"] = { line = position.line, character = position.character + (item.replaced or 0) },
      },
      command = { title = "accepted", command = "fimble.accept", arguments = { number - 1 } },
    })
  end
  request.answer(nil, { items = made })
end

function fake.plain(list)
  return vim
    .iter(list)
    :map(function(one)
      return { id = one.id, method = one.method, params = one.params }
    end)
    :totable()
end

return fake
