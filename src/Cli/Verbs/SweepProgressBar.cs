using Sim.Exploration.Sweeps;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>Shows how far a sweep is, on stderr: a moving bar where a person looks, else a line each tenth.</summary>
internal static class SweepProgressBar
{
    /// <summary>Runs the work with a progress sink; returns what it returns.</summary>
    public static T Run<T>(Terminal terminal, Func<IProgress<SweepProgress>, T> work)
    {
        if (!terminal.IsErrorInteractive) return work(new Lines(terminal.Error));
        return terminal.ErrorConsole.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bar(context.AddTask("sweep"))));
    }

    private sealed class Bar(ProgressTask task) : IProgress<SweepProgress>
    {
        public void Report(SweepProgress value)
        {
            lock (task)
            {
                task.MaxValue = Math.Max(1, value.Total);
                task.Value = Math.Max(task.Value, value.Done);
                task.Description = value.Phase;
            }
        }
    }

    private sealed class Lines(TextWriter writer) : IProgress<SweepProgress>
    {
        private int _shown = -1;

        public void Report(SweepProgress value)
        {
            lock (writer)
            {
                int tenth = value.Total == 0 ? 10 : (int)(10L * value.Done / value.Total);
                if (tenth <= _shown) return;
                _shown = tenth;
                writer.WriteLine($"sweep {10 * tenth} % ({value.Done} of {value.Total})");
            }
        }
    }
}
