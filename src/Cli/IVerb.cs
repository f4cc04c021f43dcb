namespace Sim.Cli;

/// <summary>One verb of the command line: one question with one kind of answer. An implementation is one file plus one line in
/// <see cref="VerbCatalogue"/>.</summary>
internal interface IVerb
{
    /// <summary>
    /// Declares arguments, options, examples and the action. The action returns 0 (ok) or 1 (the answer is no); it reports bad input by
    /// throwing
    /// <see cref="Sim.Foundation.Diagnostics.InvalidInputException"/> (exit code 2), and lets bugs throw (exit code 3). Must be cheap:
    /// every start builds every verb.
    /// </summary>
    VerbCommand Build(Terminal terminal);
}
