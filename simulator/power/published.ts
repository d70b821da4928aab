// Published figures from which constants are computed. The README states what was read of each source, and where.

/** M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014: pJ in an ASIC at 45 nm and 0.9 V. */
export const horowitz = {
  multiply8: 0.2,
  multiply32: 3.1,
  add32: 0.1,
  /** of an access to 64 bits of an SRAM of 32 KiB */
  sramBit: 20 / 64,
  /** of 1.3 nJ for 64 bits, and of 2.6 nJ: DRAM, as it is, not to be scaled */
  dramBit: 1300 / 64,
  dramBitAtMost: 2600 / 64,
} as const

/** A multiplication by its partial products: 8 × 8 and 32 × 32 bits take the same for each, within 4 %. */
export const multiply = (bits: number, by: number): number => (horowitz.multiply32 * bits * by) / 32 ** 2

/** I. Kuon, J. Rose, "Measuring the gap between FPGAs and ASICs", IEEE TCAD 26 (2), 2007: dynamic power over that of an ASIC of the same process. */
export const fpgaOverAsic = { logic: 14, hardBlocks: 7.1 } as const

/** Energy from 45 nm, 0.9 V to 16 nm, 0.85 V: capacitance as length, and the square of the voltage. */
export const nodeScale = (16 / 45) * (0.85 / 0.9) ** 2

/**
 * Energy on the card's FPGA; two digits, since the figures are not more precise.
 * @param pJ in an ASIC at 45 nm
 */
export const onCard = (pJ: number, kind: keyof typeof fpgaOverAsic): number =>
  Number((pJ * nodeScale * fpgaOverAsic[kind]).toPrecision(2))
