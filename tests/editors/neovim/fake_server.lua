-- A language server inside Neovim: tests see what it is sent and decide what it answers, and when.
local fake = {
  requests = {},
  notifications = {},
  capabilities = {},
  encoding = "utf-16",
  commands = {}, -- results of commands, by name
  results = {}, -- of requests that are answered at once, by method
  is_silent = false, -- it never gets ready
}

local COMMANDS = { "fimble.accept", "fimble.status", "fimble.explainCompletion", "fimble.updateIndex" }

local function initialize()
  local capabilities = {
    positionEncoding = fake.encoding,
    textDocumentSync = { openClose = true, change = 2 },
    inlineCompletionProvider = {},
    executeCommandProvider = { commands = COMMANDS },
  }
  return { capabilities = vim.tbl_extend("force", capabilities, fake.capabilities) }
end

function fake.connect(dispatchers)
  local closing, last = false, 0
  local function exit(code, signal)
    closing = true
    dispatchers.on_exit(code, signal)
  end
  fake.dispatchers, fake.exit = dispatchers, exit
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
      if method == "initialize" and not fake.is_silent then
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
      elseif fake.results[method] then
        vim.schedule(function()
          answer(nil, fake.results[method])
        end)
      else
        table.insert(fake.requests, { id = id, method = method, params = params, answer = answer })
      end
      return true, id
    end,
    notify = function(method, params)
      table.insert(fake.notifications, { method = method, params = params })
      if method == "exit" then
        exit(0, 0)
      end
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      exit(0, 0)
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
  request = request or fake.newest("textDocument/inlineCompletion")
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

-- Write a piece of the answer to the newest request of a method.
function fake.write(method, text)
  local request = fake.newest(method)
  local params = { token = request.params.partialResultToken, value = { text = text } }
  fake.dispatchers.notification("$/progress", params)
end

-- Answer the newest request of a method.
function fake.reply(method, result, failure)
  local request = fake.newest(method)
  request.answered = true
  request.answer(failure and { code = -32603, message = failure }, result)
end

function fake.newest(method)
  return vim.iter(fake.requests):rfind(function(one)
    return one.method == method
  end)
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
