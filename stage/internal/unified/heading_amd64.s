//go:build !purego

#include "textflag.h"

// The bytes by whose bits mayOpen goes: for each kind, what to look at and what to
// find.
DATA bits<>+0(SB)/1, $0xc0
DATA bits<>+1(SB)/1, $0x40
DATA bits<>+2(SB)/1, $0xa4
DATA bits<>+3(SB)/1, $0x24
DATA bits<>+4(SB)/1, $0x0a
GLOBL bits<>(SB), RODATA|NOPTR, $8

// func lastOpeningByVectors(text *byte, at int) (place int, found bool)
TEXT ·lastOpeningByVectors(SB), NOSPLIT, $0-25
	MOVQ text+0(FP), SI
	MOVQ at+8(FP), CX
	VPBROADCASTB bits<>+0(SB), Y1
	VPBROADCASTB bits<>+1(SB), Y2
	VPBROADCASTB bits<>+2(SB), Y3
	VPBROADCASTB bits<>+3(SB), Y4
	VPBROADCASTB bits<>+4(SB), Y5
	XORL AX, AX

vector: // the newlines are before CX
	CMPQ CX, $32
	JLT done
	VMOVDQU -31(SI)(CX*1), Y0
	VPAND Y1, Y0, Y6
	VPCMPEQB Y2, Y6, Y6
	VPAND Y3, Y0, Y7
	VPCMPEQB Y4, Y7, Y7
	VPOR Y7, Y6, Y6
	VPCMPEQB -32(SI)(CX*1), Y5, Y7
	VPAND Y7, Y6, Y6
	VPMOVMSKB Y6, DX
	TESTL DX, DX
	JNZ found
	SUBQ $32, CX
	JMP vector

found:
	BSRL DX, DX
	LEAQ -32(CX)(DX*1), CX
	MOVL $1, AX

done:
	MOVQ CX, place+16(FP)
	MOVB AX, found+24(FP)
	VZEROUPPER
	RET
