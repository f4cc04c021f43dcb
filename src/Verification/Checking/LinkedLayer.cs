using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;

namespace Sim.Verification.Checking;

/// <summary>One layer of a certificate's chain: where its products come from, what its sums become.</summary>
internal sealed class LinkedLayer
{
    private readonly int _groups, _rows;
    private readonly (BigInteger Low, BigInteger High)[] _inputs;
    private readonly long[] _weights = [], _biases = [];
    private readonly int[]? _input, _kernel, _strides, _pads, _dilations;

    internal LinkedLayer(string folder, JsonElement json)
    {
        (_groups, _rows, K, Zero) = (json.GetProperty("groups").GetInt32(), json.GetProperty("rows").GetInt32(), json.GetProperty("k").GetInt32(), json.GetProperty("input_zero_point").GetInt32());
        _inputs = [.. json.GetProperty("inputs").EnumerateArray().Select(CertifiedLayer.Pair)];
        if (_groups < 1 || K < 1 || _rows % _groups != 0 || _inputs.Length == 0) throw new FormatException("a layer of the chain has sizes that do not fit together");
        if (json.GetProperty("conv") is { ValueKind: JsonValueKind.Object } conv)
        {
            int[] Numbers(string name) => [.. conv.GetProperty(name).EnumerateArray().Select(n => n.GetInt32())];
            (_input, _kernel, _strides, _pads, _dilations, Output) = (Numbers("input"), Numbers("kernel"), Numbers("strides"), Numbers("pads"), Numbers("dilations"), Numbers("output"));
            if (K != _input[0] / _groups * _kernel[0] * _kernel[1]) throw new FormatException("a convolution of the chain has another K than its kernel");
        }
        if (json.TryGetProperty("source", out JsonElement source)) Rounding = new(source);
        if (!json.TryGetProperty("weights", out JsonElement weights)) return;
        _weights = Array(folder, weights.GetString()!, json.GetProperty("weights_sha256").GetString()!, _rows, K);
        _biases = Array(folder, json.GetProperty("biases").GetString()!, json.GetProperty("biases_sha256").GetString()!, _rows, 1);
    }

    internal int K { get; }

    internal int Zero { get; }

    /// <summary>Output height and width of a convolution; null: no convolution.</summary>
    internal int[]? Output { get; }

    /// <summary>How the layer's inputs come from the sums of the next layer of the chain; null: they do not.</summary>
    internal CertifiedRounding? Rounding { get; }

    internal bool IsPadded => _pads is not null && System.Array.Exists(_pads, p => p != 0);

    internal ReadOnlySpan<long> Weights(int row) => _weights.AsSpan(row * K, K);

    internal long Bias(int row) => _biases[row];

    /// <summary>Stored inputs that product k of a row can take, padding not counted.</summary>
    internal (BigInteger Low, BigInteger High) Stored(int row, int k)
    {
        if (_inputs.Length == 1) return _inputs[0];
        int channels = _inputs.Length / _groups;
        return _inputs[row / (_rows / _groups) * channels + k / (K / channels)];
    }

    /// <summary>Stored inputs of a channel of the input tensor.</summary>
    internal (BigInteger Low, BigInteger High) StoredOf(int channel) => _inputs.Length == 1 ? _inputs[0] : _inputs[channel];

    /// <summary>Inputs less their zero point that product k of a row can take, padding (which is 0) counted.</summary>
    internal (BigInteger Low, BigInteger High) Operand(int row, int k)
    {
        (BigInteger low, BigInteger high) = Stored(row, k);
        (low, high) = (low - Zero, high - Zero);
        return IsPadded ? (BigInteger.Min(low, 0), BigInteger.Max(high, 0)) : (low, high);
    }

    /// <summary>Channel, row and column that product k takes for the output at y, x; placed: whether these are places of the tensor, so that padding can be told (null).</summary>
    internal (int Channel, int Y, int X)? Place(int row, int k, int y, int x, LinkedLayer? maker, ref bool placed)
    {
        if (_input is null)
        {
            if (maker?.Output is not { } made) return (k, 0, 0);
            placed = true;
            return (k / (made[0] * made[1]), k / made[1] % made[0], k % made[1]);
        }
        int window = _kernel![0] * _kernel[1], inGroup = _input[0] / _groups, group = row / (_rows / _groups);
        int py = y * _strides![0] - _pads![0] + k % window / _kernel[1] * _dilations![0], px = x * _strides[1] - _pads[1] + k % window % _kernel[1] * _dilations[1];
        if (placed && (py < 0 || py >= _input[1] || px < 0 || px >= _input[2])) return null;
        return (group * inGroup + k / window, py, px);
    }

    /// <summary>The products that are no padding, for every output place; equal places once.</summary>
    internal List<bool[]> Kinds()
    {
        if (_input is null) return [[.. Enumerable.Repeat(true, K)]];
        var seen = new HashSet<string>();
        var kinds = new List<bool[]>();
        for (int y = 0; y < Output![0]; y++)
        {
            for (int x = 0; x < Output[1]; x++)
            {
                bool placed = true;
                bool[] there = [.. Enumerable.Range(0, K).Select(k => Place(0, k, y, x, null, ref placed) is not null)];
                if (seen.Add(string.Concat(there.Select(t => t ? '1' : '0')))) kinds.Add(there);
            }
        }
        return kinds;
    }

    private static long[] Array(string folder, string file, string digest, int rows, int columns)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, Path.GetFileName(file)));
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != digest) throw new FormatException($"{file} is not that of the digest");
        Tensor tensor = NpyReader.Read(bytes, file, new DiagnosticBag()) ?? throw new FormatException($"{file} is no .npy array");
        return tensor.Shape is [int r, int c] && r == rows && c == columns ? tensor.Integers : throw new FormatException($"{file} has another shape");
    }
}
