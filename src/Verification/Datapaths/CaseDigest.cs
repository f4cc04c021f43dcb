using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sim.Verification.Datapaths;

/// <summary>Counts the cases of an exhaustive proof and hashes them with their results, in order, so that two runs can be
/// compared.</summary>
internal sealed class CaseDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Cases so far.</summary>
    public long Cases { get; private set; }

    /// <summary>One case: its operands and its result as text of integers.</summary>
    public void Add(CodePair pair, Dyadic result)
    {
        Cases++;
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(head, pair.Activation);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], pair.Weight);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], result.Exponent);
        _hash.AppendData(head);
        _hash.AppendData(result.Significand.ToByteArray());
    }

    /// <summary>Hexadecimal SHA-256 of everything added.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
