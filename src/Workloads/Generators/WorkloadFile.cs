using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Workloads.Generators;

/// <summary>The keys of a generated workload (`schema: sim.workload/1`) and their reader.</summary>
public static class WorkloadFile
{
    /// <summary>Schema name and version.</summary>
    public const string SchemaId = "sim.workload/1";

    /// <summary>Folder of `configs/` that holds named workloads.</summary>
    public const string Folder = "workloads";

    // A chain of files that name each other's network ends at an inline one.
    private const int MostFiles = 16;

    // Each is three layers.
    private const int MostBlocks = 1 << 16;

    private static readonly YamlField<string> Name = YamlField.Required("name", YamlTypes.Text, "Name in tables.");
    private static readonly YamlField<string> Description = YamlField.Optional("description", YamlTypes.Text, "", "nothing",
        "What the workload is, for people.");
    private static readonly YamlField<YamlNode> Network = YamlField.Required("network",
        YamlTypes.Node("a network: an inline mapping, or a name from configs/workloads or a path to a file whose network is taken",
            () => new JsonObject { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, NetworkKinds.Type.JsonSchema()) }),
        "The network with its sizes, or the workload whose network this is.");
    private static readonly YamlField<int> Batch = YamlField.Optional("batch", YamlTypes.PositiveInteger, 1, "1", "Samples of a run.");
    private static readonly YamlField<bool> Training = YamlField.Optional("training", YamlTypes.Boolean, false, "false",
        "true: a training step: forward, the gradients of inputs and weights, update.");
    private static readonly YamlField<Optimizer> Update = YamlField.Optional("optimizer",
        YamlTypes.Choice(("sgd", Optimizer.Sgd), ("adam", Optimizer.Adam)), Optimizer.Sgd, "sgd", "How a training step updates weights.");
    private static readonly YamlField<Phase> PhaseOf = YamlField.Optional("phase",
        YamlTypes.Choice(("prefill", Phase.Prefill), ("decode", Phase.Decode)), Phase.Prefill, "prefill",
        "gpt2 and llama: prefill takes in new tokens at once; decode makes one token a sample, which attends to the cache.");
    private static readonly YamlField<int> Sequence = YamlField.Optional("sequence", YamlTypes.PositiveInteger,
        "bert, gpt2 and llama: new tokens of a sample, needed but for decode, which has 1.");
    private static readonly YamlField<int> Context = YamlField.Optional("context", YamlTypes.PositiveInteger,
        "gpt2 and llama: tokens attended to, the new ones included; earlier ones are read from the cache. Needed for decode; prefill: "
        + "sequence.");
    private static readonly YamlField<int> CausalRows = YamlField.Optional("causal_rows", YamlTypes.PositiveInteger,
        "gpt2 and llama, prefill: attention runs in blocks of so many tokens, each over the columns up to its last token. Left out: "
        + "all columns are computed, then masked.");
    private static readonly YamlField<bool> AllLogits = YamlField.Optional("logits",
        YamlTypes.Choice(("last", false), ("all", true)),
            "gpt2 and llama: logits of the last token of each sample (prefill) or of all (training).");

    /// <summary>The keys, for unknown-key errors and the published JSON schema.</summary>
    public static YamlSchema Keys { get; } = new("workload", "A network without weights, generated from its sizes, and what one run does.",
        [Name, Description, Network, Batch, Training, Update, PhaseOf, Sequence, Context, CausalRows, AllLogits], SchemaId);

    /// <summary>Reads a mapping, the root of a file; null after recording everything that is wrong with it.</summary>
    public static GeneratedWorkload? Read(YamlMap map, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        Keys.CheckKeys(map, bag);
        string name = Name.Read(map, bag);
        Description.Read(map, bag);
        NetworkSizes? network = ReadNetwork(map, MostFiles, bag);
        int batch = Batch.Read(map, bag);
        bool training = Training.Read(map, bag);
        Optimizer optimizer = Update.Read(map, bag);
        if (Update.IsIn(map) && !training) bag.Error(Update.Place(map), "CFG002", "'optimizer' has a meaning only with 'training: true'");
        RunSizes run = ReadRun(map, network, new RunSizes(batch, training), bag);
        if (bag.ErrorCount > before || network is null) return null;
        var workload = new GeneratedWorkload(name, network, run, optimizer);
        try
        {
            workload.Layers();
            return workload;
        }
        catch (NetworkSizeException e)
        {
            bag.Error(Network.Place(map), "TOP009", e.Message);
        }
        catch (OverflowException)
        {
            bag.Error(Network.Place(map), "TOP007",
                $"the network is too large: a layer has more than {int.MaxValue} rows, columns or products an output");
        }
        return null;
    }

    private static NetworkSizes? ReadNetwork(YamlMap map, int files, DiagnosticBag bag)
    {
        if (!Network.TryRead(map, bag, out YamlNode node)) return null;
        if (node is YamlMap inline) return NetworkKinds.Type.TryRead(inline, Network.Name, bag, out NetworkSizes value) ? value : null;
        if (ConfigCatalogue.Resolve(node, Folder, Network.Name, bag) is not { } other) return null;
        if (files > 1 && other[YamlDocument.SchemaKey] is YamlScalar { Text: SchemaId }) return ReadNetwork(other, files - 1, bag);
        bag.Error(node.Location, "CFG009", files > 1 ? $"'network' names a file that is none of schema '{SchemaId}'"
            : $"'network' leads through more than {MostFiles} files; one of them must hold the network itself");
        return null;
    }

    private static RunSizes ReadRun(YamlMap map, NetworkSizes? network, RunSizes run, DiagnosticBag bag)
    {
        bool causal = network is Gpt2 or Llama, language = causal || network is Bert;
        if (network is not null)
        {
            Refuse(map, [PhaseOf, Context, CausalRows, AllLogits], causal, "a network of kind gpt2 or llama", bag);
            Refuse(map, [Sequence], language, "a network of kind bert, gpt2 or llama", bag);
        }
        if (causal) Refuse(map, [PhaseOf, Context, CausalRows], !run.Training, "inference; a training step takes whole sequences", bag);
        Phase phase = PhaseOf.Read(map, bag);
        bool cached = causal && !run.Training, decode = cached && phase == Phase.Decode;
        if (decode) Refuse(map, [Sequence, CausalRows, AllLogits], false, "phase prefill; a decode run has one new token a sample", bag);
        if (language && !decode && !Sequence.IsIn(map)) bag.Error(map.Location, "CFG004",
            $"the key 'sequence' is missing; it must be {YamlTypes.PositiveInteger.Expectation}");
        if (decode && !Context.IsIn(map)) bag.Error(map.Location, "CFG004",
            $"the key 'context' is missing; it must be {YamlTypes.PositiveInteger.Expectation}");
        int sequence = Sequence.TryRead(map, bag, out int given) ? given : 1, context = Context.TryRead(map, bag, out int stated) ? stated
            : sequence;
        if (context < sequence) bag.Error(Context.Place(map), "CFG002",
            $"'context' holds the {sequence} new tokens too, so it must be at least that, found {context}");
        int? positions = network switch { Bert b => b.Positions, Gpt2 g => g.Positions, _ => null };
        if (context > positions) bag.Error((Context.IsIn(map) ? Context : Sequence).Place(map), "CFG002",
            $"the network has {positions} positions, found {context} tokens");
        int? rows = CausalRows.TryRead(map, bag, out int block) ? block : null;
        int layers = network switch { Llama l => l.Layers, Gpt2 g => g.Layers, _ => 0 };
        if (rows is { } r && (long)(sequence / r) * layers > MostBlocks) bag.Error(CausalRows.Place(map), "CFG002",
            $"'causal_rows' must make at most {MostBlocks} blocks of {sequence} tokens in {layers} layers, found {r}");
        bool all = AllLogits.TryRead(map, bag, out bool wanted) ? wanted : run.Training;
        if (run.Training && AllLogits.IsIn(map) && !all) bag.Error(AllLogits.Place(map), "CFG002",
            "a training step needs the logits of all tokens");
        return run with
        {
            Phase = cached ? phase : Phase.Encode, Sequence = sequence, Context = context, CausalRows = rows, AllLogits = all,
        };
    }

    private static void Refuse(YamlMap map, YamlField[] fields, bool allowed, string with, DiagnosticBag bag)
    {
        if (allowed) return;
        foreach (YamlField field in fields)
            if (map[field.Name] is { } node) bag.Error(node.Location, "CFG002", $"'{field.Name}' has a meaning only with {with}");
    }
}
