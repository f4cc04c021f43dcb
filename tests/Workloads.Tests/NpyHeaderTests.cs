using System.Text;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>Headers of .npy files: what numpy.lib.format (2.x: _read_array_header, safe_eval with a filter for Python 2) takes and what it
/// refuses.</summary>
public sealed class NpyHeaderTests
{
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 3L), }")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (2l, 3), }")]
    [TestCase("{\"descr\": \"|u1\", \"fortran_order\": False, \"shape\": (2, 3)}")]
    [TestCase("{u'descr': b'|u1', 'fortran_order': False, 'shape': (2, 3,)}")]
    [TestCase("{'shape':(2,3),'fortran_order':False,'descr':'<u1'}")]
    [TestCase(" {'shape' : ( 2 , 3 ) ,\n 'fortran_order' : False , 'descr' : 'u1' } ")]
    public void What_numpy_takes_is_read(string header)
    {
        var bag = new DiagnosticBag();
        Tensor? t = NpyReader.Read(Npy(header, [1, 2, 3, 4, 5, 6]), "x.npy", bag);
        Assert.That(bag.ToString(), Is.Empty);
        Assert.That(t!.Shape, Is.EqualTo(new[] { 2, 3 }));
        Assert.That(Enumerable.Range(0, 6).Select(i => t.Integers[i]), Is.EqualTo(new long[] { 1, 2, 3, 4, 5, 6 }));
    }

    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), } junk", "NPY003", "goes on after its dictionary")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }}", "NPY003", "goes on after its dictionary")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'shape': (6,), }", "NPY003", "'shape' twice")]
    [TestCase("{'descr': '|u1', 'descr': '|i1', 'fortran_order': False, 'shape': (6,), }", "NPY003", "'descr' twice")]
    [TestCase("{'descr': '|u1', 'fortran_order': Truely, 'shape': (6,), }", "NPY003", "must be True or False")]
    [TestCase("{'descr': '|u1', 'fortran_order': 1, 'shape': (6,), }", "NPY003", "must be True or False")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'more': 1}", "NPY003", "a key that is not one of")]
    [TestCase("{'descr': '|u1', 'shape': (6,)}", "NPY003", "lacks 'fortran_order'")]
    [TestCase("{'descr': '|u1' 'fortran_order': False, 'shape': (6,)}", "NPY003", "is missing after the value of 'descr'")]
    [TestCase("{'descr': '|u1\", 'fortran_order': False, 'shape': (6,)}", "NPY003", "")]
    [TestCase("{'descr' '|u1', 'fortran_order': False, 'shape': (6,)}", "NPY003", "':' is missing")]
    [TestCase("'descr': '|u1', 'fortran_order': False, 'shape': (6,)}", "NPY003", "no Python dictionary")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (6)}", "NPY005", "shape (6) is not a tuple")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': 6}", "NPY005", "")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': [6]}", "NPY005", "")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (6.0,)}", "NPY005", "")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (-6,)}", "NPY005", "")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (06,)}", "NPY005", "")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (6, , 1)}", "NPY005", "")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (2 3)}", "NPY005", "")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (6LL,)}", "NPY005", "")]
    [TestCase("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}", "NPY005", "")]
    [TestCase("{'descr': [('x', '|u1')], 'fortran_order': False, 'shape': (6,)}", "NPY004", "structured types")]
    [TestCase("{'descr': '<u1extra', 'fortran_order': False, 'shape': (6,)}", "NPY004", "")]
    public void What_numpy_refuses_is_refused_at_its_place(string header, string code, string what)
    {
        var bag = new DiagnosticBag();
        Assert.That(NpyReader.Read(Npy(header, [1, 2, 3, 4, 5, 6]), "x.npy", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Match($@"^x\.npy:1:\d+: error {code}: ").And.Contain(what));
    }

    [Test]
    public void Version_3_knows_no_long_integers_of_Python_2()
    {
        byte[] bytes = Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (6L,)}", [1, 2, 3, 4, 5, 6], 3);
        var bag = new DiagnosticBag();
        Assert.That(NpyReader.Read(bytes, "x.npy", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("NPY005"));
    }

    [TestCase(">i2", new byte[] { 1, 2, 255, 254 }, new double[] { 258, -2 })]
    [TestCase(">u4", new byte[] { 0, 0, 1, 0 }, new double[] { 256 })]
    [TestCase(">f4", new byte[] { 0xC0, 0x20, 0, 0 }, new[] { -2.5 })]
    [TestCase(">f8", new byte[] { 0x3F, 0xE0, 0, 0, 0, 0, 0, 0 }, new[] { 0.5 })]
    public void Big_endian_arrays_are_turned_around(string descr, byte[] data, double[] meant)
    {
        var bag = new DiagnosticBag();
        Tensor t = NpyReader.Read(Npy($"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({meant.Length},)}}", data), "x.npy", bag)!;
        double[] found = t.Type == ElementType.Float64 ? t.Doubles : t.Type.IsReal() ? [.. t.Floats.Select(f => (double)f)]
            : [.. t.Integers.Select(i => (double)i)];
        Assert.That(found, Is.EqualTo(meant));
    }

    private static byte[] Npy(string header, byte[] data, int version = 1)
    {
        byte[] text = Encoding.Latin1.GetBytes(header + "\n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes((uint)text.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text, .. data];
    }
}
