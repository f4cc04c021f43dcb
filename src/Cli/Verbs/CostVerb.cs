using System.CommandLine;
using Sim.ArchModel;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Cli.Verbs;

/// <summary>`sim cost DATAPATH|ARCH [--technology T]`: area, delay, energy per action and leakage, itemised, each with its
/// source.</summary>
internal sealed class CostVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var target = new Argument<string>("FILE") { Description = "Datapath or architecture: a YAML file or a name from configs/" };
        var technology = new Option<string?>("--technology")
            { Description = "Technology: a name from configs/technologies or a YAML file. Left out: the architecture's own, or nangate45",
            HelpName = "T" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("cost", "Area, delay, energy per action and leakage, itemised",
            "sim cost configs/datapaths/e4m3_fp16.yaml", "sim cost configs/architectures/edge_npu.yaml --technology nangate45-lstp --json")
                { target, technology, json };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(target), parsed.GetValue(technology), parsed.GetValue(json), terminal));
        return command;
    }

    private static int Run(string target, string? technologyName, bool json, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        // A bare name is looked for among architectures first; a file says what it is.
        bool datapathName = !ConfigCatalogue.IsPath(target)
            && (ChipProfiles.Find(target) is not null || ConfigCatalogue.Text(DatapathReader.Folder, target) is not null);
        YamlDocument? document = datapathName ? DatapathReader.Open(target, bag)
            : ConfigCatalogue.Open(target, ArchitectureReader.Folder, bag);
        bag.ThrowIfErrors();
        string name = Path.GetFileNameWithoutExtension(document!.File);
        if (document.Schema == DatapathReader.Schema.Id)
        {
            DatapathSpec? datapath = DatapathReader.Read(document.Root, bag, name);
            bag.ThrowIfErrors();
            Technology technology = TechnologyCatalogue.Resolve(technologyName ?? TechnologyCatalogue.DefaultName);
            var missing = new List<string>();
            CostReport report = CostReport.Datapath(datapath!, new CostModel(technology, missing));
            foreach (string problem in missing) bag.Error(document.Root.Location, "COST001", problem);
            bag.ThrowIfErrors();
            report.Write(json, terminal);
            if (datapath!.PipelineAuto) terminal.Error.WriteLine($"note: 'pipeline_stages: auto' needs a clock, which only an "
                + $"architecture has: '{datapath.Name}' is priced without pipeline stages");
            return ExitCode.Ok;
        }
        if (document.Schema == HierarchyReader.Schema.Id)
        {
            YamlMap root = technologyName is null ? document.Root
                : document.Root.With(new YamlScalar(document.Root.Location,
                    "technology"), new YamlScalar(new Location("--technology"), technologyName));
            LoadedHierarchy? read = HierarchyReader.Read(root, bag, name);
            bag.ThrowIfErrors();
            CostReport.Hierarchy(new HierarchyCost(read!), read!.Technology).Write(json, terminal);
            return ExitCode.Ok;
        }
        if (document.Schema != ArchitectureReader.Schema.Id)
            throw new InvalidInputException(document.Root[YamlDocument.SchemaKey]!.Location, "CFG009",
                $"'sim cost' prices '{DatapathReader.Schema.Id}', '{ArchitectureReader.Schema.Id}' and '{HierarchyReader.Schema.Id}', "
                + $"found '{document.Schema}'");
        LoadedArchitecture? loaded = ArchitectureReader.Read(document.Root, bag, name);
        bag.ThrowIfErrors();
        LoadedArchitecture chosen = technologyName is null ? loaded! : loaded!.In(TechnologyCatalogue.Resolve(technologyName));
        CostReport.Architecture(chosen.Price(), chosen.Technology).Write(json, terminal);
        return ExitCode.Ok;
    }
}
