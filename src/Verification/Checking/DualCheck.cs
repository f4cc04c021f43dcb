using System.Numerics;
using System.Text.Json;

namespace Sim.Verification.Checking;

/// <summary>Follows multipliers of relations, sum by sum: adding λ times a relation to a sum and bounding what is left term by term needs no solver.</summary>
internal sealed class DualCheck : IEvidenceCheck
{
    public string Kind => "dual";

    public (BigInteger Low, BigInteger High)[]? Check(CertifiedLayer layer, int row, JsonElement channel, JsonElement evidence)
    {
        var stated = new ChannelRelations(layer, channel);
        long[] inputs = [.. evidence.GetProperty("inputs").EnumerateArray().Select(x => x.GetInt64())];
        if (inputs.Length != layer.K || !stated.Hold(inputs) || inputs.Where((x, k) => x < layer.Input(row, k).Low || x > layer.Input(row, k).High).Any())
            throw new FormatException("the inputs that show the relations to be possible break them");
        (BigInteger Low, BigInteger High)[] boxes = [.. Enumerable.Range(0, layer.K).Select(k => layer.Input(row, k))];
        (BigInteger[] Coefficients, BigInteger? Low, BigInteger? High)[] relations = Array.ConvertAll(stated.All, Divided);
        foreach ((BigInteger[] c, BigInteger? low, BigInteger? high) in relations) Narrow(boxes, c, low, high);
        var sums = new TiedSums(layer, row, channel);
        var shown = new (BigInteger? Low, BigInteger? High)[PartialSums.Registers(layer.Order)];
        foreach (JsonElement end in evidence.GetProperty("bounds").EnumerateArray())
        {
            int register = end.GetProperty("register").GetInt32();
            bool highest = end.GetProperty("highest").GetBoolean();
            BigInteger bound = CertifiedLayer.Number(end.GetProperty("bound"));
            Dictionary<(int, int, bool), BigInteger[]> multipliers = end.GetProperty("sums").EnumerateArray().ToDictionary(
                s => (s.GetProperty("from").GetInt32(), s.GetProperty("until").GetInt32(), s.GetProperty("bias").GetBoolean()),
                s => (BigInteger[])[.. s.GetProperty("multipliers").EnumerateArray().Select(CertifiedLayer.Number)]);
            foreach ((int From, int Until, bool Bias, int Register) sum in sums.Beyond(register, highest, bound))
            {
                if (!multipliers.TryGetValue((sum.From, sum.Until, sum.Bias), out BigInteger[]? lambda) || lambda.Length != relations.Length) throw new FormatException("a sum beyond the bound has no multipliers");
                BigInteger most = Most(sum.From, sum.Until, sums.IsSubset(sum), highest ? 1 : -1, lambda) + (highest ? 1 : -1) * sums.Start(sum);
                if (most > (highest ? bound : -bound)) throw new FormatException($"the multipliers show {(highest ? most : -most)}, not {bound}");
            }
            shown[register] = highest ? (shown[register].Low, bound) : (bound, shown[register].High);
        }
        return [.. shown.Select(s => (s.Low ?? throw new FormatException("a register has no low bound"), s.High ?? throw new FormatException("a register has no high bound")))];

        // The largest sign·(products): multipliers times the ends of their relations, and what is left at the better corner of each box.
        BigInteger Most(int from, int until, bool subset, int sign, BigInteger[] lambda)
        {
            BigInteger total = 0;
            for (int r = 0; r < lambda.Length; r++)
            {
                if (lambda[r].IsZero) continue;
                total += lambda[r] * ((lambda[r] > 0 ? relations[r].High : relations[r].Low) ?? throw new FormatException("a multiplier uses an end that its relation does not have"));
            }
            for (int k = 0; k < layer.K; k++)
            {
                BigInteger w = k >= from && k < until ? sign * layer.Weight(row, k).Low : 0, c = 0;
                for (int r = 0; r < lambda.Length; r++) c += lambda[r] * relations[r].Coefficients[k];
                total += BigInteger.Max(Left(w, c, boxes[k].Low), Left(w, c, boxes[k].High));
            }
            return total;

            BigInteger Left(BigInteger w, BigInteger c, BigInteger x) => (subset ? BigInteger.Max(0, w * x) : w * x) - c * x;
        }
    }

    private static (BigInteger[] Coefficients, BigInteger? Low, BigInteger? High) Divided((BigInteger[] Coefficients, BigInteger? Low, BigInteger? High) relation)
    {
        BigInteger unit = relation.Coefficients.Aggregate(BigInteger.Zero, BigInteger.GreatestCommonDivisor);
        if (unit <= 1) return relation;
        return (Array.ConvertAll(relation.Coefficients, c => c / unit), -Floor(-relation.Low), Floor(relation.High));

        BigInteger? Floor(BigInteger? value)
        {
            if (value is not { } v) return null;
            BigInteger quotient = BigInteger.DivRem(v, unit, out BigInteger rest);
            return rest.Sign < 0 ? quotient - 1 : quotient;
        }
    }

    // A relation about one input is part of its box.
    private static void Narrow((BigInteger Low, BigInteger High)[] boxes, BigInteger[] coefficients, BigInteger? low, BigInteger? high)
    {
        int k = Array.FindIndex(coefficients, c => !c.IsZero);
        if (k < 0 || Array.FindLastIndex(coefficients, c => !c.IsZero) != k) return;
        if (coefficients[k] < 0) (low, high) = (-high, -low);
        boxes[k] = (low is { } l ? BigInteger.Max(boxes[k].Low, l) : boxes[k].Low, high is { } h ? BigInteger.Min(boxes[k].High, h) : boxes[k].High);
    }
}
