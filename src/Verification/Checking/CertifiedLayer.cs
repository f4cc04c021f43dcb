using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using Sim.Foundation.Diagnostics;
using Sim.Verification.Solvers;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;

namespace Sim.Verification.Checking;

/// <summary>A layer as a certificate states it. Reads JSON and .npy only; shares no code with what made the claims.</summary>
internal sealed class CertifiedLayer
{
    private readonly long[]? _weights;
    private readonly (BigInteger Low, BigInteger High)[] _inputs;
    private readonly int _groups;

    internal CertifiedLayer(string folder, JsonElement json)
    {
        Name = json.GetProperty("layer").GetString()!;
        (Rows, K, _groups) = (json.GetProperty("rows").GetInt32(), json.GetProperty("k").GetInt32(), json.GetProperty("groups").GetInt32());
        Order = json.GetProperty("order").GetString()!;
        Bias = json.GetProperty("bias_placement").GetString()!;
        _inputs = [.. json.GetProperty("inputs").EnumerateArray().Select(Pair)];
        WeightRange = Pair(json.GetProperty("weight_range"));
        Folder = folder;
        IsRaw = json.GetProperty("zero_points").GetString() == "raw";
        if (json.TryGetProperty("chain", out JsonElement chain)) Chain = [.. chain.EnumerateArray().Select(c => new LinkedLayer(folder, c))];
        if (Rows < 1 || K < 1 || _groups < 1 || Rows % _groups != 0 || _inputs.Length == 0 || _inputs.Length != 1 && (_inputs.Length % _groups != 0 || K % (_inputs.Length / _groups) != 0))
            throw new FormatException("rows, K, groups and inputs do not fit together");
        if (!json.TryGetProperty("weights", out JsonElement file)) return;
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, Path.GetFileName(file.GetString()!)));
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != json.GetProperty("weights_sha256").GetString()) throw new FormatException("the weights are not those of the digest");
        Tensor tensor = NpyReader.Read(bytes, file.GetString()!, new DiagnosticBag()) ?? throw new FormatException("the weights are no .npy array");
        if (tensor.Shape is not [int rows, int k] || rows != Rows || k != K) throw new FormatException("the weights have another shape");
        _weights = tensor.Integers;
    }

    internal string Folder { get; }

    /// <summary>Who answers questions that only a solver can; null: nobody.</summary>
    internal SolverPool? Solvers { get; init; }

    internal string Name { get; }

    /// <summary>Whether multipliers take stored inputs, zero points included.</summary>
    internal bool IsRaw { get; }

    /// <summary>The layers whose sums become the inputs, this one first; empty: not stated.</summary>
    internal List<LinkedLayer> Chain { get; } = [];

    internal int Rows { get; }

    internal int K { get; }

    internal string Order { get; }

    internal string Bias { get; }

    internal (BigInteger Low, BigInteger High) WeightRange { get; }

    internal bool HasWeights => _weights is not null;

    /// <summary>The constant weights, row-major.</summary>
    internal ReadOnlySpan<long> Weights => _weights;

    internal (BigInteger Low, BigInteger High) Weight(int row, int k) => _weights is null ? WeightRange : (_weights[row * K + k], _weights[row * K + k]);

    internal (BigInteger Low, BigInteger High) Input(int row, int k)
    {
        if (_inputs.Length == 1) return _inputs[0];
        int channels = _inputs.Length / _groups;
        return _inputs[row / (Rows / _groups) * channels + k / (K / channels)];
    }

    internal static (BigInteger Low, BigInteger High) Pair(JsonElement pair)
    {
        (BigInteger Low, BigInteger High) p = (Number(pair[0]), Number(pair[1]));
        return p.Low <= p.High ? p : throw new FormatException($"[{p.Low}, {p.High}] is no interval");
    }

    internal static BigInteger Number(JsonElement text) => BigInteger.Parse(text.ValueKind == JsonValueKind.String ? text.GetString()! : text.GetRawText(), System.Globalization.CultureInfo.InvariantCulture);
}
