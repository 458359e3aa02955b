-- wrk -s predict.lua URL -- BODIES: posts the lines of a file in turn, and ends with a line of JSON.
-- latencies are in microseconds; "errors" are wrk's own counters, "status" being answers over 399.

local requests = {}
local following = 0

function init(arguments)
  for body in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
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
