using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Sim.Verification.Solvers;

/// <summary>
/// One persistent solver process. Replies are framed by an echo, so that however much the solver says, the session stays in step. Nothing
/// that the process does holds up the caller beyond the limit: it is written to and read from in the background, at most 16 MiB a reply,
/// and what outlives it with its pipes open is left alone.
/// </summary>
public sealed class SolverProcess : ISmtSession
{
    private const int Plenty = 16 << 20;

    private readonly Process _process;
    private readonly string _program;
    private readonly CancellationToken _cancellation;
    private readonly Lock _guard = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly StringBuilder _text = new();
    private bool _ended, _flooded, _over;
    private long _asked;

    /// <exception cref="SolverException">The program cannot be started.</exception>
    public SolverProcess(string program, IEnumerable<string> arguments, CancellationToken cancellation = default)
    {
        (_program, _cancellation) = (program, cancellation);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true, StandardInputEncoding = new UTF8Encoding(false) };
        try
        {
            _process = Process.Start(start) ?? throw new SolverException($"the solver '{program}' does not start");
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or FileNotFoundException)
        {
            throw new SolverException($"the solver '{program}' cannot be started: {(e is Win32Exception w ? new Win32Exception(w.NativeErrorCode).Message : e.Message)}", e);
        }
        LiveProcesses.Add(_process);
        _ = Task.Run(() => Drain(_process.StandardOutput, keep: true), CancellationToken.None);
        _ = Task.Run(() => Drain(_process.StandardError, keep: false), CancellationToken.None); // A full pipe would stop the solver.
    }

    /// <summary>The process, for those who watch it.</summary>
    public int ProcessId => _process.Id;

    /// <inheritdoc/>
    public string Send(string commands, TimeSpan limit)
    {
        if (_over) throw new SolverException($"the session with '{_program}' is over");
        _cancellation.ThrowIfCancellationRequested();
        var clock = Stopwatch.StartNew();
        string end = FormattableString.Invariant($"--{++_asked}--");
        lock (_guard) _text.Clear();
        try
        {
            // A solver that does not read blocks whoever writes: not this thread.
            Task writing = Task.Run(() =>
            {
                _process.StandardInput.Write(commands);
                _process.StandardInput.WriteLine($"(echo \"{end}\")");
                _process.StandardInput.Flush();
            }, CancellationToken.None);
            while (true)
            {
                if (Reply(end) is { } reply) return Judged(reply);
                if (writing.IsFaulted) throw Over($"died: {writing.Exception?.InnerException?.Message}", false);
                TimeSpan left = limit - clock.Elapsed;
                if (left <= TimeSpan.Zero) throw Over(FormattableString.Invariant($"did not answer within {limit.TotalSeconds:0.###} s"),
                    true);
                _arrived.Wait(left < TimeSpan.FromMilliseconds(200) ? left : TimeSpan.FromMilliseconds(200), _cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            _over = true;
            End();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over = true;
        End();
        LiveProcesses.Remove(_process);
        // The streams are left to their readers: closing one that an orphan holds open would wait for it.
    }

    // The text before the echo, once it is there; null: not yet.
    private string? Reply(string end)
    {
        lock (_guard)
        {
            if (_flooded) throw Over("does not stop answering", false);
            string text = _text.Length > 0 && _text[^1] == '\n' && _text.Length >= end.Length
                ? _text.ToString(Math.Max(0, _text.Length - end.Length - 8), Math.Min(_text.Length, end.Length + 8)).Trim() : "";
            if (text == end || text.EndsWith($"\n{end}", StringComparison.Ordinal) || text == $"\"{end}\""
                || text.EndsWith($"\n\"{end}\"", StringComparison.Ordinal))
            {
                string all = _text.ToString().Trim().TrimEnd('"');
                return all[..^end.Length].TrimEnd('"').Trim();
            }
            if (_ended) throw Over(_text.Length == 0 ? "died"
                : $"died: {_text.ToString(0, Math.Min(_text.Length, 300)).Trim().ReplaceLineEndings(" ")}", false);
        }
        return null;
    }

    private string Judged(string reply)
    {
        if (!reply.Contains("(error", StringComparison.Ordinal)) return reply;
        throw Over($"complains: {reply[..Math.Min(reply.Length, 400)].ReplaceLineEndings(" ")}", false);
    }

    private SolverException Over(string what, bool late)
    {
        _over = true;
        End();
        return new($"the solver '{_program}' {what}") { IsTimeout = late };
    }

    private void Drain(StreamReader from, bool keep)
    {
        var buffer = new char[1 << 14];
        try
        {
            while (from.Read(buffer, 0, buffer.Length) is > 0 and var count)
            {
                if (!keep) continue;
                lock (_guard)
                {
                    if (_text.Length + count > Plenty) _flooded = true;
                    else _text.Append(buffer, 0, count);
                }
                _arrived.Release();
                if (_flooded) return;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The pipe is gone with the process.
        }
        if (!keep) return;
        lock (_guard) _ended = true;
        _arrived.Release();
    }

    private void End()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has ended already.
        }
    }
}
