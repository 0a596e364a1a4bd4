//go:build !purego

#include "textflag.h"

// By the lower half of a byte, the white space that has it; where there is none, a
// byte with another lower half or above 127.
DATA spaces<>+0(SB)/8, $0xffffffffffffff20
DATA spaces<>+8(SB)/8, $0xffff0dffff0a09ff
GLOBL spaces<>(SB), RODATA|NOPTR, $16

// func stripVectors(dst, text *byte, n int, shuffles *[256][8]byte) (kept int)
TEXT ·stripVectors(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ text+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ shuffles+24(FP), BX
	MOVQ DI, R8
	ADDQ SI, CX // the end
	VMOVDQU spaces<>(SB), X1

vector:
	VMOVDQU (SI), X0
	VPSHUFB X0, X1, X2 // 0 for bytes above 127
	VPCMPEQB X0, X2, X2
	VPMOVMSKB X2, AX
	MOVBLZX AX, DX // of the first eight bytes
	SHRL $8, AX
	VPSRLDQ $8, X0, X3
	VMOVQ (BX)(DX*8), X4
	VMOVQ (BX)(AX*8), X5
	VPSHUFB X4, X0, X0
	VPSHUFB X5, X3, X3
	VMOVQ X0, (DI)
	POPCNTL DX, DX
	SUBQ DX, DI
	VMOVQ X3, 8(DI)
	POPCNTL AX, AX
	SUBQ AX, DI
	ADDQ $16, DI
	ADDQ $16, SI
	CMPQ SI, CX
	JB vector

	SUBQ R8, DI
	MOVQ DI, kept+32(FP)
	RET
