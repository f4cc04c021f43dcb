namespace Sim.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Done, and the answer is no: a claim was refuted, a sweep has failures.</summary>
    public const int AnswerIsNo = 1;

    /// <summary>The input is wrong; located errors are on stderr and nothing was written.</summary>
    public const int BadInput = 2;

    /// <summary>A bug in this program.</summary>
    public const int InternalError = 3;

    /// <summary>Stopped by Ctrl-C (the shell's convention, 128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
