using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Sim.Checker.Tests;

/// <summary>Changes one thing of a folder of certificates at a time, and computes the manifest's digests again.</summary>
internal sealed class Forger(string folder)
{
    private static readonly string[] Orders = ["any", "sequential", "final", "tiles:2", "tree:2", "tree:4"];

    /// <summary>Every number, boolean and choice of every JSON file changed once: what was changed, with the file changed while the caller
    /// looks.</summary>
    internal IEnumerable<string> Changes()
    {
        foreach (string file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            string original = File.ReadAllText(file);
            int count = Places(JsonNode.Parse(original)!).Count();
            for (int i = 0; i < count; i++)
            {
                JsonNode changed = JsonNode.Parse(original)!;
                (JsonNode parent, object key, JsonNode value) = Places(changed).ElementAt(i);
                foreach (JsonNode fresh in Changed(value))
                {
                    if (parent is JsonObject o) o[(string)key] = fresh;
                    else parent.AsArray()[(int)key] = fresh;
                    File.WriteAllText(file, changed.ToJsonString());
                    yield return $"{Path.GetFileName(file)} {fresh.GetPath()}: {value.ToJsonString()} to {fresh.ToJsonString()}";
                }
            }
            File.WriteAllText(file, original);
        }
    }

    /// <summary>Every value of every JSON file replaced by something of another kind.</summary>
    internal IEnumerable<string> Malformed()
    {
        string[] odd = ["null", "[]", "{}", "\"\"", "-1", "1e3", "2147483648",
            "\"999999999999999999999999999999999999999999999999999999999999999\"", "[[0]]", "\"tiles:0\"", "true"];
        foreach (string file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            string original = File.ReadAllText(file);
            int count = All(JsonNode.Parse(original)!).Count();
            for (int i = 0; i < count; i++)
            {
                JsonNode changed = JsonNode.Parse(original)!;
                (JsonNode parent, object key, JsonNode? value) = All(changed).ElementAt(i);
                JsonNode? fresh = JsonNode.Parse(odd[i % odd.Length]);
                if (value?.ToJsonString() == fresh?.ToJsonString()) continue;
                if (parent is JsonObject o) o[(string)key] = fresh;
                else parent.AsArray()[(int)key] = fresh;
                File.WriteAllText(file, changed.ToJsonString());
                yield return $"{Path.GetFileName(file)} {key} = {fresh?.ToJsonString()}";
            }
            File.WriteAllText(file, original);
        }
    }

    /// <summary>Every slope one more and one less, its digest computed again.</summary>
    internal IEnumerable<string> Slopes()
    {
        foreach (string file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            string original = File.ReadAllText(file);
            int count = All(JsonNode.Parse(original)!).Count(p => p.Key is "slopes");
            for (int i = 0; i < count; i++)
            {
                JsonNode changed = JsonNode.Parse(original)!;
                (JsonNode part, _, JsonNode? slopes) = All(changed).Where(p => p.Key is "slopes").ElementAt(i);
                string[] texts = [.. slopes!.AsArray().Select(t => t!.GetValue<string>())];
                for (int t = 0; t < texts.Length; t++)
                {
                    string[] numbers = texts[t].Split(' ');
                    for (int n = 0; n < numbers.Length; n++)
                    {
                        foreach (int step in (int[])[1, -1])
                        {
                            long changedTo = long.Parse(numbers[n], CultureInfo.InvariantCulture) + step;
                            string fresh = changedTo.ToString(CultureInfo.InvariantCulture);
                            string[] all = [.. texts];
                            all[t] = string.Join(' ', [.. numbers[..n], fresh, .. numbers[(n + 1)..]]);
                            part["slopes"] = new JsonArray([.. all.Select(s => (JsonNode)s)]);
                            part["slopes_sha256"] = Digest(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', all)));
                            File.WriteAllText(file, changed.ToJsonString());
                            yield return $"{Path.GetFileName(file)} part {i} level {t} number {n}: {numbers[n]} to {fresh}";
                        }
                    }
                }
            }
            File.WriteAllText(file, original);
        }
    }

    /// <summary>A sample of bytes of the weights' files, the digests in the layers' files computed again.</summary>
    internal IEnumerable<string> Weights()
    {
        foreach (string file in Directory.GetFiles(folder, "*.weights.npy").Order(StringComparer.Ordinal))
        {
            byte[] original = File.ReadAllBytes(file);
            string json = file[..^".weights.npy".Length] + ".json", text = File.ReadAllText(json), digest = Digest(original);
            for (int at = 0; at < original.Length; at += at < 128 ? 9 : 3)
            {
                byte[] changed = (byte[])original.Clone();
                changed[at] ^= 4;
                File.WriteAllBytes(file, changed);
                File.WriteAllText(json, text.Replace(digest, Digest(changed), StringComparison.Ordinal));
                yield return $"{Path.GetFileName(file)} byte {at}";
            }
            File.WriteAllBytes(file, original);
            File.WriteAllText(json, text);
        }
    }

    /// <summary>Writes the manifest with the digests that the layers' files now have; what it was is handed back.</summary>
    internal string Seal()
    {
        string file = Path.Combine(folder, "manifest.json"), before = File.ReadAllText(file);
        try
        {
            JsonNode manifest = JsonNode.Parse(before)!;
            foreach (JsonNode? layer in manifest["layers"]!.AsArray())
                if (layer?["file"]?.GetValue<string>() is { } name && File.Exists(Path.Combine(folder, name))) layer["sha256"] =
                    Digest(File.ReadAllBytes(Path.Combine(folder, name)));
            File.WriteAllText(file, manifest.ToJsonString());
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException or FormatException)
        {
            // A manifest without layers has nothing to seal.
        }
        return before;
    }

    private static string Digest(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static IEnumerable<(JsonNode Parent, object Key, JsonNode Value)> Places(JsonNode node) =>
        All(node).Where(p => p.Value is JsonValue v && Changed(v).Any()).Select(p => (p.Parent, p.Key, p.Value!));

    private static IEnumerable<JsonNode> Changed(JsonNode value)
    {
        string text = value.ToJsonString().Trim('"');
        if (value.GetValueKind() is System.Text.Json.JsonValueKind.True
            or System.Text.Json.JsonValueKind.False) return [!value.GetValue<bool>()];
        bool quoted = value.GetValueKind() == System.Text.Json.JsonValueKind.String;
        if (BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger number)
            && text.Length < 40)
            return new[] { number + 1, -number }.Where(n => n != number).Distinct()
                .Select(n => quoted ? (JsonNode)n.ToString(CultureInfo.InvariantCulture) : (long)n);
        if (!quoted) return [];
        if (Array.IndexOf(Orders, text) >= 0 || text.StartsWith("tiles:", StringComparison.Ordinal)
            || text.StartsWith("tree:", StringComparison.Ordinal)) return Orders.Append("tiles:0").Append("tree:0").Where(o =>
            o != text).Select(o => (JsonNode)o);
        foreach (string[] choice in (string[][])[["high", "low"], ["preloaded", "after", "none"], ["folded", "raw"],
            ["type", "propagated", "relations", "calibrated"], ["proved", "refuted"]])
            if (choice.Contains(text)) return choice.Where(c => c != text).Select(c => (JsonNode)c);
        // Lists of numbers, digests, flags of products.
        int digit = text.LastIndexOfAny(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        if (digit < 0 || text.EndsWith(".json", StringComparison.Ordinal) || text.EndsWith(".npy", StringComparison.Ordinal)
            || text.StartsWith("sim.", StringComparison.Ordinal)) return [];
        return [text[..digit] + (text[digit] == '1' ? '0' : '1') + text[(digit + 1)..]];
    }

    private static IEnumerable<(JsonNode Parent, object Key, JsonNode? Value)> All(JsonNode node)
    {
        if (node is JsonObject o)
        {
            foreach ((string key, JsonNode? value) in o.ToList())
            {
                yield return (o, key, value);
                if (value is not null)
                    foreach ((JsonNode, object, JsonNode?) inner in All(value)) yield return inner;
            }
        }
        else if (node is JsonArray a)
        {
            for (int i = 0; i < a.Count; i++)
            {
                yield return (a, i, a[i]);
                if (a[i] is { } element)
                    foreach ((JsonNode, object, JsonNode?) inner in All(element)) yield return inner;
            }
        }
    }
}
