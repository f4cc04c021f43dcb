using System.Collections.Immutable;
using Sim.Cli.Verbs;

namespace Sim.Cli;

/// <summary>The verbs in the order of the help.</summary>
internal static class VerbCatalogue
{
    public static ImmutableArray<IVerb> All { get; } =
    [
        new DemoVerb(),
        new RunVerb(),
        new CostVerb(),
        new VerifyVerb(),
        new RepairVerb(),
        new ImportVerb(),
        new NestVerb(),
        new MapVerb(),
        new ScheduleVerb(),
        new BenchVerb(),
        new ValidateVerb(),
        new SchemaVerb(),
        new FormatsVerb(),
        new DotVerb(),
        new NonlinearVerb(),
        new SweepVerb(),
        new ReportVerb(),
    ];
}
