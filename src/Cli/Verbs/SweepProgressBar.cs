using System.Diagnostics;
using Sim.Exploration.Sweeps;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>Shows how far a sweep is, on stderr: a moving bar where a person looks, else a line each tenth, and one whenever nothing was
/// told for a while.</summary>
internal static class SweepProgressBar
{
    /// <summary>Where a sweep tells how far it is, and what else one who waits should know.</summary>
    internal interface ISink : IProgress<SweepProgress>
    {
        void Note(string text);
    }

    /// <summary>Runs the work with a progress sink; returns what it returns.</summary>
    public static T Run<T>(Terminal terminal, Func<ISink, T> work)
    {
        if (!terminal.IsErrorInteractive)
        {
            using var lines = new Lines(terminal.Error);
            return work(lines);
        }
        return terminal.ErrorConsole.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bar(context, terminal.ErrorConsole)));
    }

    private sealed class Bar(ProgressContext context, IAnsiConsole console) : ISink
    {
        private readonly Dictionary<string, ProgressTask> _tasks = [];

        public void Report(SweepProgress value)
        {
            if (value.Total == 0) return;
            lock (_tasks)
            {
                if (!_tasks.TryGetValue(value.Phase, out ProgressTask? task)) _tasks.Add(value.Phase, task = context.AddTask(value.Phase));
                task.MaxValue = value.Total;
                task.Value = Math.Max(task.Value, value.Done);
            }
        }

        public void Note(string text)
        {
            lock (_tasks) console.WriteLine($"note: {text}");
        }
    }

    private sealed class Lines : ISink, IDisposable
    {
        private static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

        private readonly TextWriter _writer;
        private readonly Timer _timer;
        private readonly Stopwatch _whole = Stopwatch.StartNew();
        private SweepProgress _latest;
        private (string Phase, int Tenth) _shown = ("", -1);

        public Lines(TextWriter writer)
        {
            _writer = writer;
            _timer = new Timer(_ => Tick(), null, Silence, Silence);
        }

        public void Report(SweepProgress value)
        {
            lock (_writer)
            {
                if (value.Total == 0 || value.Phase == _latest.Phase && value.Done < _latest.Done) return;
                _latest = value;
                int tenth = (int)(10L * value.Done / value.Total);
                if (value.Phase == _shown.Phase && tenth <= _shown.Tenth) return;
                _shown = (value.Phase, tenth);
                _writer.WriteLine($"sweep: {value.Phase} {10 * tenth} % ({value.Done} of {value.Total})");
                _timer.Change(Silence, Silence);
            }
        }

        public void Note(string text)
        {
            lock (_writer) _writer.WriteLine($"note: {text}");
        }

        public void Dispose() => _timer.Dispose();

        private void Tick()
        {
            lock (_writer)
                if (_latest.Total > 0) _writer.WriteLine($"sweep: {_latest.Phase} {_latest.Done} of {_latest.Total} after {_whole.Elapsed.TotalSeconds:0} s");
        }
    }
}
