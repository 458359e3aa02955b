-- wrk -s predict.lua URL -- FILE [TYPE]: posts what the file holds, and ends with a line of JSON.
-- Without a type every line of the file is a body of JSON, sent in turn; with one the whole file is
-- the body. Latencies are in microseconds; "broken" are wrk's own counters, "status" answers over 399.

local requests = {}
local following = 0

function init(arguments)
  local path, media_type = arguments[1], arguments[2]
  local headers = {["Content-Type"] = media_type or "application/json"}
  if media_type then
    local file = io.open(path, "rb")
    requests[1] = wrk.format("POST", nil, headers, file:read("*a"))
    file:close()
    return
  end
  for body in io.lines(path) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  following = following % #requests + 1
  return requests[following]
end

function done(summary, latency, _)
  local found = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "status": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    found.status, found.connect + found.read + found.write + found.timeout
  ))
end
