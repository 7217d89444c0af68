% What a node of Erlang runs that echoes, and one that calls it.
-module(echo).
-export([serve/0, call/1]).

% Until its standard input ends.
serve() ->
    io:format("ready~n"),
    eof = io:get_line(""),
    halt().

% Each line is a window and milliseconds; each answer is calls per second, p50 and p99 in microseconds.
call(Node) ->
    Value = #{a => 1, b => <<"hello">>, c => [1, 2, 3]},
    Value = echo(Node, Value),
    io:format("ready~n"),
    lines(Node, Value).

lines(Node, Value) ->
    case io:get_line("") of
        eof ->
            halt();
        Line ->
            [Window, Milliseconds] = [list_to_integer(Word) || Word <- string:lexemes(string:trim(Line), " ")],
            measure(Node, Value, Window, Milliseconds),
            lines(Node, Value)
    end.

measure(Node, Value, Window, Milliseconds) ->
    Begun = now_us(),
    End = Begun + Milliseconds * 1000,
    Self = self(),
    Start = fun() -> spawn_link(fun() -> Self ! {self(), caller(Node, Value, End, now_us(), [])} end) end,
    Callers = [Start() || _ <- lists:seq(1, Window)],
    Times = lists:sort(lists:append([receive {Caller, Taken} -> Taken end || Caller <- Callers])),
    Seconds = (now_us() - Begun) / 1.0e6,
    Count = length(Times),
    At = fun(Share) -> lists:nth(min(Count, trunc(Share * Count) + 1), Times) end,
    io:format("~b ~b ~b~n", [round(Count / Seconds), At(0.5), At(0.99)]).

% Makes one call at least.
caller(Node, Value, End, Last, Times) ->
    Value = echo(Node, Value),
    Now = now_us(),
    Taken = [Now - Last | Times],
    case Now >= End of
        true -> Taken;
        false -> caller(Node, Value, End, Now, Taken)
    end.

echo(Node, Value) ->
    erpc:call(Node, lists, last, [[Value]], 30000).

now_us() ->
    erlang:monotonic_time(microsecond).
