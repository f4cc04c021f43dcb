using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.ArchModel.Technologies;
using Sim.Exploration.Studies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Verification.Constraints;
using Sim.Workloads.Generators;
using Sim.Workloads.Quantization;

namespace Sim.Cli;

/// <summary>A kind of YAML file: its key table and the reader that records everything wrong with a document of it.</summary>
/// <param name="Name">Short name for `sim schema NAME`.</param>
/// <param name="Folder">Folder of `configs/` whose files are of this kind.</param>
/// <param name="Schema">Key table; its Id is what the `schema` key of such a file says.</param>
/// <param name="Check">Reads a document for its diagnostics.</param>
internal sealed record FileKind(string Name, string Folder, YamlSchema Schema, Action<YamlDocument, DiagnosticBag> Check);

/// <summary>Every kind of file that the tool reads, for `validate` and `schema`: to add a kind, add a line.</summary>
internal static class FileKindCatalogue
{
    /// <summary>The kinds, in the order in which they are listed.</summary>
    public static ImmutableArray<FileKind> All { get; } =
    [
        new("architecture", ArchitectureReader.Folder, ArchitectureReader.Schema, (document, bag) =>
            ArchitectureReader.Read(document.Root, bag)?.CheckPrices(bag)),
        new("hierarchy", ArchitectureReader.Folder, HierarchyReader.Schema, (document, bag) =>
        {
            if (HierarchyReader.Read(document.Root, bag) is not { } loaded) return;
            HierarchyCost.Check(loaded, bag);
            ConstraintReader.Of(loaded, bag);
        }),
        new("datapath", DatapathReader.Folder, DatapathReader.Schema, (document, bag) => DatapathReader.Read(document.Root, bag)),
        new("technology", ArchitectureReader.TechnologyFolder, TechnologyReader.Schema, (document, bag) =>
            TechnologyReader.Read(document.Root, bag)),
        new("dram", DramTimingReader.Folder, DramTimingReader.Schema, (document, bag) => DramTimingReader.Read(document.Root, bag)),
        new("recipe", RecipeFile.Folder, RecipeFile.Keys, (document, bag) => RecipeFile.Read(document.Root, bag)),
        new("constraints", ConstraintsFile.Folder, ConstraintsFile.Keys, (document, bag) => ConstraintsFile.Read(document.Root, bag)),
        new("workload", WorkloadFile.Folder, WorkloadFile.Keys, (document, bag) => WorkloadFile.Read(document.Root, bag)),
        new("nest", NestFile.Folder, NestFile.Schema, (document, bag) => NestFile.Check(document.Root, bag)),
        new("dataflow", DataflowFile.Folder, DataflowFile.Schema, (document, bag) => DataflowFile.Check(document.Root, bag)),
        new("study", StudyReader.Folder, StudyReader.Schema, (document, bag) =>
            { if (StudyReader.Read(document, bag) is { } study) DesignSpace.Read(study, bag); }),
    ];
}
