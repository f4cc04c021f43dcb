using System.Collections.Immutable;
using System.CommandLine;
using Sim.Simulator.Inputs;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Claims;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;
using Sim.Workloads.Quantization;

namespace Sim.Cli.Verbs.Verify;

/// <summary>What `sim verify` was asked to make of a network.</summary>
internal sealed record ReadingRequest(int? WeightBits, int? ActivationBits, string? Recipe, string? Calibration, double Offset,
    double Scale, string Registers, int MultiplierBits)
{
    private static readonly string[] Choices = ["all", "products", "sums", "requantization"];

    private static readonly ImmutableHashSet<string> Products = ["Conv", "Gemm", "MatMul", "QLinearConv", "QLinearMatMul", "ConvInteger",
        "MatMulInteger", "QGemm", "MatMulNBits"];

    /// <summary>What an answer about the registers asked for is about.</summary>
    internal string Scope => Registers switch { "products" => "matrix products", "sums" => "other sums", "requantization" =>
        "requantization", _ => "network" };

    /// <summary>Nodes that have a register of the kind asked for which cannot be judged.</summary>
    internal ImmutableArray<UnjudgedNode> NotJudged(IntegerNetwork network) => Registers switch
    {
        "products" => [.. network.NotJudged.Where(n => Products.Contains(n.Operator))],
        "sums" => [.. network.NotJudged.Where(n => !Products.Contains(n.Operator))],
        "requantization" => [.. network.Layers.Where((_, i) => network.Outputs[i] is null)
            .Select(l => new UnjudgedNode(l.Name, l.Operator, "has sums that nothing requantizes in a known form"))],
        _ => network.NotJudged,
    };

    /// <summary>The registers that are verified: all that hold sums or products of operands, accumulators of matrix products, those beside
    /// them, or products of requantization.</summary>
    internal ImmutableArray<IntegerLayer> Of(IntegerNetwork network) => Registers switch
    {
        "all" => network.Registers,
        "sums" => network.Sums,
        "requantization" => OtherRegisters.Requantization(network, MultiplierBits),
        _ => network.Layers,
    };

    /// <summary>The integer layers of the network and the samples of --data; null after recording what is wrong.</summary>
    internal (IntegerNetwork Network, Tensor? Data)? Read(VerifyRequest request, DiagnosticBag bag)
    {
        int before = bag.ErrorCount;
        Check(request, bag);
        if (request.Model is not { } model) return null;
        Recipe? recipe = Recipe is null ? Workloads.Quantization.Recipe.Default : RecipeFile.Load(Recipe, bag);
        InputTransform? transform = Offset == 0 && Scale == 1 ? null : new(Offset, Scale);
        NetworkGraph? graph;
        Tensor? data = null, calibration = null;
        if (request.Data is null && Calibration is null) graph = OnnxReader.Load(model, bag);
        else
        {
            string name = Path.GetFileNameWithoutExtension(model);
            LoadedWorkload? workload = WorkloadLoader.Load(new(name, model, request.Data ?? Calibration, null, request.Data is null ? null
                : Calibration, transform, new Location(request.Data ?? model)), bag);
            graph = workload?.Graph;
            data = request.Data is null ? null : workload?.Data?.Inputs;
            calibration = (workload?.Calibration ?? workload?.Data)?.Inputs;
        }
        if (graph is null || recipe is null || bag.ErrorCount > before) return null;
        var options = new ReadingOptions { Boxes = request.Boxes ?? BoxRule.DataType, MultiplierBits = MultiplierBits };
        if (WeightBits is { } m && ActivationBits is { } n)
            options = options with { PostTraining = new(m, n)
                { Recipe = recipe, Calibration = calibration, LeaveOutBias = request.Bias == "none" } };
        if (IntegerNetworkReader.Read(graph, model, bag, options) is not { } network) return null;
        return (request.Boxes is null ? CalibratedBoxes.Narrow(network, calibration!) : network, data);
    }

    private void Check(VerifyRequest request, DiagnosticBag bag)
    {
        void Error(string option, string what) => bag.Error(new Location(option), "CLI002", what);
        foreach ((string option, int? bits) in new[] { ("--weight-bits", WeightBits), ("--activation-bits", ActivationBits) })
            if (bits is < 2 or > 16) Error(option, $"post-training quantization takes 2 to 16 bits, found {bits}");
        if (WeightBits is null != ActivationBits is null) Error("--weight-bits",
            "post-training quantization needs both --weight-bits and --activation-bits");
        if (Recipe is not null && WeightBits is null) Error("--recipe",
            "a recipe has a meaning only with --weight-bits and --activation-bits");
        if (request.Boxes is null && Calibration is null && request.Data is null) Error("--inputs",
            "calibrated inputs need --calibration or --data");
        if (!double.IsFinite(Offset) || !double.IsFinite(Scale) || Scale == 0) Error("--scale",
            "--offset must be finite and --scale finite and not 0");
        if (MultiplierBits is < 2 or > 31) Error("--multiplier-bits", $"a multiplier has 2 to 31 bits, found {MultiplierBits}");
        if (!Choices.Contains(Registers)) Error("--registers", $"no '{Registers}'; allowed are {string.Join(", ", Choices)}");
    }
}

/// <summary>The options of `sim verify` that say what the integers of a network are.</summary>
internal sealed class ReadingArguments
{
    private readonly Option<int?> _weightBits = new("--weight-bits")
        { Description = "Quantize what the network leaves in float32: bits of weights", HelpName = "M" };
    private readonly Option<int?> _activationBits = new("--activation-bits") { Description = "… and bits of activations", HelpName = "N" };
    private readonly Option<string?> _recipe = new("--recipe")
        { Description = "… by this recipe, also for --datapath: a YAML file or a name of configs/recipes (default: per channel, largest magnitudes)", HelpName = "R.yaml" };
    private readonly Option<string?> _calibration = new("--calibration")
        { Description = "Samples that give activations their ranges (default: the data)", HelpName = "X.npy" };
    private readonly Option<double> _offset = new("--offset") { Description = "Added to every value of data and calibration first" };
    private readonly Option<double> _scale = new("--scale") { Description = "Then multiplied with every value", DefaultValueFactory = _ =>
        1 };
    private readonly Option<string> _registers = new("--registers")
        { Description = "Which registers: all (of sums and of products of operands), products (accumulators of matrix products), sums (pooling, additions, reductions, products of two activations), requantization (sum · multiplier)", DefaultValueFactory = _ => "all" };
    private readonly Option<int> _multiplierBits = new("--multiplier-bits")
        { Description = "Bits of fixed-point multipliers of requantization and of additions", HelpName = "B", DefaultValueFactory = _ =>
        31 };

    internal void AddTo(VerbCommand command)
    {
        foreach (Option option in (Option[])[_weightBits, _activationBits, _recipe, _calibration, _offset, _scale, _registers,
            _multiplierBits]) command.Add(option);
    }

    internal ReadingRequest Read(ParseResult parsed) =>
        new(parsed.GetValue(_weightBits), parsed.GetValue(_activationBits), parsed.GetValue(_recipe), parsed.GetValue(_calibration),
        parsed.GetValue(_offset),
        parsed.GetValue(_scale), parsed.GetRequiredValue(_registers), parsed.GetValue(_multiplierBits));
}
