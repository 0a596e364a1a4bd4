//go:build !purego

#include "textflag.h"

// How many bytes of a block there are from each on.
DATA weights<>+0(SB)/8, $0x191a1b1c1d1e1f20
DATA weights<>+8(SB)/8, $0x1112131415161718
DATA weights<>+16(SB)/8, $0x090a0b0c0d0e0f10
DATA weights<>+24(SB)/8, $0x0102030405060708
GLOBL weights<>(SB), RODATA|NOPTR, $32

// func adlerSums(p []byte) (bytes, before, weighted uint64)
//
// Y1, Y2 and Y3 hold the results, the first two in four lanes of 64 bits, the third
// in eight of 32.
TEXT ·adlerSums(SB), NOSPLIT, $0-48
	MOVQ p_base+0(FP), SI
	MOVQ p_len+8(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VMOVDQU weights<>(SB), Y4
	VPCMPEQW Y5, Y5, Y5
	VPSRLW $15, Y5, Y5 // ones, in lanes of 16 bits

block:
	VMOVDQU (SI), Y6
	VPADDQ Y1, Y2, Y2
	VPSADBW Y0, Y6, Y7 // sums of eight bytes
	VPADDQ Y7, Y1, Y1
	VPMADDUBSW Y4, Y6, Y8 // of two products, at most 255·(32+31)
	VPMADDWD Y5, Y8, Y8 // of four
	VPADDD Y8, Y3, Y3
	ADDQ $32, SI
	SUBQ $32, CX
	JNZ block

	VEXTRACTI128 $1, Y1, X6
	VPADDQ X6, X1, X1
	VPSRLDQ $8, X1, X6
	VPADDQ X6, X1, X1
	VMOVQ X1, bytes+24(FP)
	VEXTRACTI128 $1, Y2, X6
	VPADDQ X6, X2, X2
	VPSRLDQ $8, X2, X6
	VPADDQ X6, X2, X2
	VMOVQ X2, before+32(FP)
	VEXTRACTI128 $1, Y3, X6
	VPADDD X6, X3, X3
	VPSRLDQ $8, X3, X6
	VPADDD X6, X3, X3
	VPSRLDQ $4, X3, X6
	VPADDD X6, X3, X3
	VMOVD X3, AX
	MOVQ AX, weighted+40(FP)
	VZEROUPPER
	RET
