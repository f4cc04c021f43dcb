using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Sim.Verification.Solvers;

/// <summary>One persistent solver process. Replies are framed by an echo, so that however much the solver says, the session stays in step.</summary>
public sealed class SolverProcess : ISmtSession
{
    private const int Plenty = 16 << 20;

    private readonly Process _process;
    private readonly string _program;
    private long _asked;
    private bool _over;

    /// <exception cref="SolverException">The program cannot be started.</exception>
    public SolverProcess(string program, IEnumerable<string> arguments)
    {
        _program = program;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardInputEncoding = new UTF8Encoding(false) };
        try
        {
            _process = Process.Start(start) ?? throw new SolverException($"the solver '{program}' does not start");
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or FileNotFoundException)
        {
            throw new SolverException($"the solver '{program}' cannot be started: {(e is Win32Exception w ? new Win32Exception(w.NativeErrorCode).Message : e.Message)}", e);
        }
        _process.BeginErrorReadLine(); // Read and dropped: a full pipe would stop the solver.
    }

    /// <summary>The process, for those who watch it.</summary>
    public int ProcessId => _process.Id;

    /// <inheritdoc/>
    public string Send(string commands, TimeSpan limit)
    {
        if (_over) throw new SolverException($"the session with '{_program}' is over");
        string end = FormattableString.Invariant($"--{++_asked}--");
        bool late = false;
        // Ending the process is what unblocks a write or a read in progress.
        using var watch = new Timer(_ =>
        {
            late = true;
            End();
        }, null, limit < TimeSpan.Zero ? TimeSpan.Zero : limit, Timeout.InfiniteTimeSpan);
        try
        {
            _process.StandardInput.Write(commands);
            _process.StandardInput.WriteLine($"(echo \"{end}\")");
            _process.StandardInput.Flush();
            var reply = new StringBuilder();
            while (_process.StandardOutput.ReadLine() is { } line)
            {
                if (line == end || line == $"\"{end}\"") return Judged(reply.ToString().Trim());
                if (reply.Length + line.Length > Plenty) throw new SolverException($"the solver '{_program}' does not stop answering");
                reply.Append(line).Append('\n');
            }
            throw new SolverException(late ? FormattableString.Invariant($"the solver '{_program}' did not answer within {limit.TotalSeconds:0.###} s") : $"the solver '{_program}' died") { IsTimeout = late };
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw new SolverException(late ? $"the solver '{_program}' took too long" : $"the solver '{_program}' died: {e.Message}", e) { IsTimeout = late };
        }
        finally
        {
            if (late) _over = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over = true;
        End();
        _process.Dispose();
    }

    private string Judged(string reply)
    {
        if (!reply.Contains("(error", StringComparison.Ordinal)) return reply;
        _over = true;
        throw new SolverException($"the solver '{_program}' complains: {reply.ReplaceLineEndings(" ")}");
    }

    private void End()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended already.
        }
    }
}
