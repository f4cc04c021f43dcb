using System.Text;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Text;
using Spectre.Console;

namespace Sim.Cli;

/// <summary>
/// The process's streams: the answer goes to <see cref="Out"/>, progress and errors to <see cref="Error"/>. The only holder of
/// <see cref="Console"/>.
/// Colour and progress bars only where a person looks (<see cref="IsErrorInteractive"/>, <see cref="IsOutInteractive"/>) and NO_COLOR is
/// not set.
/// </summary>
internal sealed class Terminal : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly StreamWriter _out, _error;
    private readonly AnswerStream _answer;
    private IAnsiConsole? _outConsole;
    private IAnsiConsole? _errorConsole;

    public Terminal()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        _answer = AnswerStream.Open();
        _out = new StreamWriter(_answer, utf8, 1 << 16) { NewLine = "\n" };
        _error = new StreamWriter(new ForgivingStream(Console.OpenStandardError()), utf8, 1 << 12) { AutoFlush = true, NewLine = "\n" };
        Out = new SafeWriter(_out, oneLine: false);
        Error = new SafeWriter(_error, oneLine: true);
        bool colour = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") != "dumb";
        IsOutInteractive = colour && !Console.IsOutputRedirected;
        IsErrorInteractive = colour && !Console.IsErrorRedirected;
    }

    /// <summary>The answer, control characters in it shown. Buffered; flushed when the process ends.</summary>
    public TextWriter Out { get; }

    /// <summary>Progress, warnings, errors; what is written as a line is one line.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether stdout is a terminal that shows colour.</summary>
    public bool IsOutInteractive { get; }

    /// <summary>Whether stderr is a terminal that shows colour and moving progress.</summary>
    public bool IsErrorInteractive { get; }

    /// <summary>Whether stdout is a pipe whose reader has gone: what is written is lost, as the reader wants it.</summary>
    public bool IsUnread => _answer.IsUnread;

    /// <summary>Cancelled by the first Ctrl-C; the second one kills the process.</summary>
    public CancellationToken Cancellation
    {
        get
        {
            if (!_hooked)
            {
                _hooked = true;
                Console.CancelKeyPress += (_, e) =>
                {
                    e.Cancel = !_cancel.IsCancellationRequested;
                    _cancel.Cancel();
                };
            }
            return _cancel.Token;
        }
    }

    private bool _hooked;

    /// <summary>stdin as bytes, for filters.</summary>
    public static Stream OpenInput() => Console.OpenStandardInput();

    /// <summary>Spectre.Console over <see cref="Out"/>, for tables; plain text when stdout is not a terminal. Wide enough not to fold
    /// redirected tables.</summary>
    public IAnsiConsole OutConsole => _outConsole ??= Make(_out, IsOutInteractive);

    /// <summary>Spectre.Console over <see cref="Error"/>, for progress.</summary>
    public IAnsiConsole ErrorConsole => _errorConsole ??= Make(_error, IsErrorInteractive);

    /// <summary>Prints findings on stderr, one line each.</summary>
    public void Print(IEnumerable<Diagnostic> diagnostics)
    {
        foreach (Diagnostic d in diagnostics) _error.WriteLine(IsErrorInteractive ? Coloured(d) : d.ToString());
    }

    /// <summary>Writes out what the answer still holds; false after saying why it is lost (stdout closed, disk full).</summary>
    public bool Finish()
    {
        try
        {
            Out.Flush();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Error.WriteLine($"sim: error CLI003: the answer cannot be written to standard output: {(e.InnerException ?? e).Message}");
            return false;
        }
    }

    public void Dispose() => _cancel.Dispose();

    private static string Coloured(Diagnostic d) => d.Severity == Severity.Error
        ? $"\e[1m{Printable.OneLine(d.Location.ToString())}:\e[0m \e[31merror {d.Code}:\e[0m {d.OneLine}"
        : $"\e[1m{Printable.OneLine(d.Location.ToString())}:\e[0m \e[33mwarning {d.Code}:\e[0m {d.OneLine}";

    private static IAnsiConsole Make(TextWriter writer, bool interactive)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = interactive ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = interactive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = interactive ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!interactive) console.Profile.Width = 200;
        console.Pipeline.Attach(new SafeText());
        return console;
    }
}
