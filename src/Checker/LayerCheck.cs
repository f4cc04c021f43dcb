using System.Numerics;
using System.Text.Json;
using Sim.Checker.Claims;
using Sim.Checker.Files;
using Sim.Checker.Model;

namespace Sim.Checker;

/// <summary>One layer's file: what it states of the layer is compared with the model, then every channel is followed.</summary>
internal sealed class LayerCheck(CheckState state, Claim claim, string name, string file, string sha256)
{
    // Sizes that no weights back are only stated: what they ask to compute is limited.
    private const long MostProducts = 1 << 26;

    internal void Run()
    {
        using JsonDocument document = state.Folder.Json(file, sha256);
        var json = new Fields(document.RootElement, "");
        if (json.Text("schema") != "sim.certificate/2") throw new Fault("schema must be sim.certificate/2");
        if (new Claim(json.Object("claim")).Text != claim.Text) throw new Fault("it claims something else than the manifest");
        if (json.Text("layer") != name) throw new Fault("it is about another layer than the manifest says");
        string op = json.Text("operator");
        (int groups, int rows, int k) = (json.Int("groups", 1, 1 << 28), json.Int("rows", 1, 1 << 28), json.Int("k", 0, 1 << 28));
        List<Range> inputs = json.Ranges("inputs");
        List<Fields> channels = json.Objects("channels");
        if (rows % groups != 0 || channels.Count != rows || inputs.Count == 0 || inputs.Count != 1
            && (inputs.Count % groups != 0 || k % (inputs.Count / groups) != 0))
            throw new Fault("rows, k, groups, inputs and channels do not fit together");
        long[]? weights = json.Has("weights")
            ? Npy.Read(state.Folder.Read(json.Text("weights"), json.Text("weights_sha256")), "the weights", "i4", rows, k) : null;
        Range type = weights is null ? json.Range("weight_range") : default;
        json.End();
        Layer? layer = Tied(op, groups, rows, k, inputs, weights, type);
        if ((layer is null || weights is null) && (long)rows * k > MostProducts) throw new Fault("it is too large to be followed");
        for (int row = 0; row < rows; row++)
        {
            Fields channel = channels[row];
            int at = row;
            state.Try($"{file}, channel {row}", () =>
            {
                BigInteger bias = channel.Number("bias");
                if (layer is not null && bias != Bias(layer, at)) throw new Fault($"the model's bias is {Bias(layer, at)}");
                Range[] w = [.. Enumerable.Range(0, k).Select(i => weights is null ? type : Range.Of(weights[at * k + i]))];
                Range[] x = [.. Enumerable.Range(0, k).Select(i => inputs[Layer.Entry(inputs.Count, groups, rows, k, at, i)])];
                new ChannelCheck(state, claim, name, at, layer, new(claim.Order, w, x, bias), weights is not null, $"{file}, channel {at}")
                    .Run(channel);
            });
        }
    }

    // The layer of the model, once all that the file states of it is that of the model; null: nothing ties it.
    private Layer? Tied(string op, int groups, int rows, int k, List<Range> inputs, long[]? weights, Range type)
    {
        if (state.Model is not { } model) return null;
        if (!model.Layers.TryGetValue(name, out Layer? layer))
        {
            if (!model.Registers.Contains(name)) state.Untie($"layer '{Folder.Shown(name)}' is no register of the model that this checker reads");
            else state.Untie($"layer '{Folder.Shown(name)}' is not tied to the model: {model.Reasons.GetValueOrDefault(name, "its operator is not understood here")}");
            return null;
        }
        if (op != layer.Op || groups != layer.Groups || rows != layer.Rows
            || k != layer.K) throw new Fault($"the model has a {layer.Op} of {layer.Groups} groups, {layer.Rows} rows of {layer.K} products");
        if (k > 0 && weights is null != layer.Stored is null) throw new Fault("weights are constant in one of model and certificate only");
        for (int row = 0; row < rows; row++)
        {
            BigInteger zero = claim.IsRaw ? 0 : layer.WeightZeros[row];
            if (claim.IsRaw && layer.WeightZeros[row]
                != 0) throw new Fault("raw accumulation of weights that have zero points is no sum of products");
            if (weights is null && type != new Range(layer.WeightType.Low - zero,
                layer.WeightType.High - zero)) throw new Fault($"the weights of the model have the range {layer.WeightType}");
            for (int i = 0; weights is not null && i < k; i++)
            {
                if (weights[row * k + i] == layer.Weight(row, i, claim.IsRaw)) continue;
                if (layer.Op is not ("Add" or "Sub"
                    or "Sum")) throw new Fault($"weight {i} of row {row} is {layer.Weight(row, i, claim.IsRaw)} in the model");
                // What brings operands of an addition to one scale is the hardware's choice.
                state.Untie($"layer '{Folder.Shown(name)}': its multipliers are not those of 31 bits that this checker computes");
                return null;
            }
        }
        if (claim.Inputs == "calibrated") return layer;
        IReadOnlyList<(BigInteger Low, BigInteger High)>? declared = state.Premises?.Boxes(name);
        Range[] boxes = declared is null ? layer.Operands(claim.IsRaw) : [.. declared.Select(b => new Range(b.Low, b.High))];
        if (inputs.SequenceEqual(boxes)) return layer;
        if (inputs.Count == 1 && boxes.All(b => inputs[0].Holds(b)) || inputs.Count == boxes.Length && inputs.Zip(boxes)
            .All(b => b.First.Holds(b.Second)))
            state.Untie($"layer '{Folder.Shown(name)}': the boxes of its inputs are wider than what this checker reads from the model");
        else if (boxes.Length == 1 && inputs.All(i => boxes[0].Holds(i)))
            state.Untie($"layer '{Folder.Shown(name)}': the boxes of its inputs are narrower than what this checker reads from the model, {boxes[0]}");
        else throw new Fault("the boxes of its inputs are not those of the model");
        return null;
    }

    private BigInteger Bias(Layer layer, int row)
    {
        BigInteger bias = layer.Bias[row];
        for (int k = 0; claim.IsRaw && layer.InputZero != 0 && k < layer.K; k++)
            bias -= (BigInteger)layer.InputZero
                * (layer.Stored?.Invoke(row, k)
                ?? throw new Fault("the correction of raw accumulation is unknown, because the weights are"));
        return bias;
    }
}
